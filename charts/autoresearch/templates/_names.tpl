{{- define "autoresearch.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "autoresearch.labels" -}}
app.kubernetes.io/name: autoresearch
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}

{{- define "autoresearch.selector" -}}
app.kubernetes.io/name: autoresearch
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end -}}

{{- define "autoresearch.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "autoresearch.name" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "autoresearch.runsNamespace" -}}
{{- .Values.runs.namespace | default .Release.Namespace -}}
{{- end -}}

{{- define "autoresearch.config" -}}
lanes:
{{ toYaml .Values.lanes }}
pools:
{{ toYaml .Values.pools }}
runs:
  namespace: {{ include "autoresearch.runsNamespace" . }}
  ttlSeconds: {{ .Values.runs.ttlSeconds }}
  leakGuardHours: {{ .Values.runs.leakGuardHours }}
  anchor: {{ include "autoresearch.name" . }}-anchor
data: /data
proposer: {{ toJson .Values.proposer }}
store: {{ omit .Values.store "existingSecret" | toJson }}
frontier: {{ dict "url" .Values.frontier.url "credentials" (ternary "/etc/autoresearch-frontier" "" (ne .Values.frontier.existingSecret "")) | toJson }}
{{- end -}}

{{/* The Secret that holds the key: the one that is there, or the one that this chart makes. */}}
{{- define "autoresearch.keySecret" -}}
{{- .Values.anthropic.existingSecret | default (ternary (printf "%s-anthropic" (include "autoresearch.name" .)) "" (ne .Values.anthropic.apiKey "")) -}}
{{- end -}}

{{/* What a JSON schema cannot say. */}}
{{- define "autoresearch.check" -}}
{{- $pools := dict -}}
{{- range .Values.pools -}}{{- $_ := set $pools .name true -}}{{- end -}}
{{- $lanes := dict -}}
{{- range $i, $lane := .Values.lanes -}}
{{- if not (hasKey $pools $lane.pool) -}}{{- fail (printf "lanes[%d].pool: there is no pool %s; add it under pools" $i $lane.pool) -}}{{- end -}}
{{- if hasKey $lanes $lane.name -}}{{- fail (printf "lanes[%d].name: two lanes on one branch: %s; give each its own name" $i $lane.name) -}}{{- end -}}
{{- $_ := set $lanes $lane.name true -}}
{{- end -}}
{{- if and (kindIs "map" .Values.proposer) (eq (include "autoresearch.keySecret" .) "") -}}{{- fail "proposer: Claude needs a key; name its Secret in anthropic.existingSecret" -}}{{- end -}}
{{- if and .Values.rbac.create (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) -}}{{- fail "serviceAccount.name: the Role would go to the account that every Pod of the namespace has; name yours, or set serviceAccount.create" -}}{{- end -}}
{{- end -}}
