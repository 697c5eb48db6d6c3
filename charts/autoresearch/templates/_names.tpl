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
  deployment: {{ .Release.Namespace }}/{{ include "autoresearch.name" . }}
data: /data
proposer: {{ toJson .Values.proposer }}
store: {{ omit .Values.store "existingSecret" | toJson }}
frontier: {{ dict "url" .Values.frontier.url "credentials" (ternary "/etc/autoresearch-frontier" "" (ne .Values.frontier.existingSecret "")) | toJson }}
{{- end -}}

{{/* The Secret that holds the key: the one that is there, or the one that this chart makes. */}}
{{- define "autoresearch.keySecret" -}}
{{- .Values.anthropic.existingSecret | default (ternary (printf "%s-anthropic" (include "autoresearch.name" .)) "" (ne .Values.anthropic.apiKey "")) -}}
{{- end -}}

{{/* Seconds of a time as the settings allow it: a number, or text such as 5s, 5m or 1h. */}}
{{- define "autoresearch.seconds" -}}
{{- if not (kindIs "string" .) -}}{{- float64 . -}}
{{- else -}}{{- mulf (regexFind "^[0-9.]+" . | float64) (get (dict "m" 60 "h" 3600) (regexFind "[mh]$" .) | default 1) -}}
{{- end -}}
{{- end -}}

{{/* What a JSON schema cannot say. */}}
{{- define "autoresearch.check" -}}
{{- $pools := dict -}}
{{- range $i, $pool := .Values.pools -}}
{{- if hasKey $pools $pool.name -}}{{- fail (printf "pools[%d].name: two pools are named %s; give each its own name" $i $pool.name) -}}{{- end -}}
{{- $_ := set $pools $pool.name $pool -}}
{{- end -}}
{{- $lanes := dict -}}
{{- range $i, $lane := .Values.lanes -}}
{{- if not (hasKey $pools $lane.pool) -}}{{- fail (printf "lanes[%d].pool: there is no pool %s; add it under pools" $i $lane.pool) -}}{{- end -}}
{{- if hasKey $lanes $lane.name -}}{{- fail (printf "lanes[%d].name: two lanes on one branch: %s; give each its own name" $i $lane.name) -}}{{- end -}}
{{- $_ := set $lanes $lane.name true -}}
{{- if ne (toString $lane.gpus) "<nil>" -}}{{- fail (printf "lanes[%d].gpus: a cluster gives each run its GPU; leave gpus out" $i) -}}{{- end -}}
{{- $trainers := ternary 5 300 (eq ($lane.trainer | default "gpu") "cpu") -}}
{{- $budget := include "autoresearch.seconds" (ternary $lane.budgetSeconds (ternary $trainers 300 (hasKey $lane "budgetSeconds")) (ne (toString $lane.budgetSeconds) "<nil>")) | float64 -}}
{{- $made := ternary (maxf 600 (mulf 4 $budget)) (maxf 600 (mulf 2 $budget)) (eq ($lane.trainer | default "gpu") "cpu") -}}
{{- $wall := include "autoresearch.seconds" ($lane.wallSeconds | default $made) | float64 -}}
{{- if lt (float64 $wall) (mulf 2 $budget) -}}{{- fail (printf "lanes[%d].wallSeconds: %v s leave no time to start and to evaluate around %v s of training; give at least %v, or leave it out" $i $wall $budget (mulf 2 $budget)) -}}{{- end -}}
{{- $longest := addf (get (get $pools $lane.pool) "pullSeconds" | default 900) $wall 30 -}}
{{- if le (mulf $.Values.runs.leakGuardHours 3600) $longest -}}{{- fail (printf "runs.leakGuardHours: after %v h the cluster deletes runs of lane %s, which may take %v s with pulling the image; give more hours" $.Values.runs.leakGuardHours $lane.name $longest) -}}{{- end -}}
{{- end -}}
{{- if and (kindIs "map" .Values.proposer) (eq (include "autoresearch.keySecret" .) "") -}}{{- fail "proposer: Claude needs a key; name its Secret in anthropic.existingSecret" -}}{{- end -}}
{{- if and .Values.rbac.create (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) -}}{{- fail "serviceAccount.name: the Role would go to the account that every Pod of the namespace has; name yours, or set serviceAccount.create" -}}{{- end -}}
{{- end -}}
