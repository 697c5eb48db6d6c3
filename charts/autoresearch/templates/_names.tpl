{{/* Alone the release's name; in a parent chart with the chart's name or alias behind it, so that two of them differ. */}}
{{- define "autoresearch.name" -}}
{{- $more := .Values.nameOverride | default (ternary "" .Chart.Name .Chart.IsRoot) -}}
{{- .Values.fullnameOverride | default (ternary (printf "%s-%s" .Release.Name $more) (.Release.Name | trunc 50 | trimSuffix "-") (ne $more "")) -}}
{{- end -}}

{{/* Tells two controllers of one release apart. It selects Pods, so no upgrade may change it. */}}
{{- define "autoresearch.instance" -}}
{{- ternary .Release.Name (include "autoresearch.name" .) .Chart.IsRoot -}}
{{- end -}}

{{- define "autoresearch.selector" -}}
app.kubernetes.io/name: autoresearch
app.kubernetes.io/instance: {{ include "autoresearch.instance" . | quote }}
app.kubernetes.io/component: controller
{{- end -}}

{{/* Of any object: root, and where it is not the usual one: suffix, namespace, labels, annotations. What identifies it wins. */}}
{{- define "autoresearch.metadata" -}}
{{- $own := dict "app.kubernetes.io/name" "autoresearch" "app.kubernetes.io/instance" (include "autoresearch.instance" .root) "app.kubernetes.io/version" .root.Chart.AppVersion "app.kubernetes.io/managed-by" .root.Release.Service "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version) -}}
name: {{ .name | default (printf "%s%s" (include "autoresearch.name" .root) (.suffix | default "")) | quote }}
{{- if not .everywhere }}
namespace: {{ .namespace | default .root.Release.Namespace }}
{{- end }}
labels: {{- merge (dict) $own (.labels | default dict) (.root.Values.commonLabels | default dict) | toYaml | nindent 2 }}
{{- with merge (dict) (.annotations | default dict) (.root.Values.commonAnnotations | default dict) }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
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
{{ include "autoresearch.pools" . }}
runs:
  namespace: {{ include "autoresearch.runsNamespace" . }}
  ttlSeconds: {{ .Values.runs.ttlSeconds }}
  leakGuardHours: {{ .Values.runs.leakGuardHours }}
  anchor: {{ include "autoresearch.name" . }}-anchor
  deployment: {{ .Release.Namespace }}/{{ include "autoresearch.name" . }}
data: /data
proposer: {{ .Values.proposer | default "builtin" | toJson }}
store: {{ omit .Values.store "existingSecret" | toJson }}
{{- with .Values.page }}
{{- if .enabled }}
page: {{ dict "port" 8081 "names" (include "autoresearch.pageNames" $ | fromJsonArray) "userHeader" (.userHeader | default "") "links" (.links | default list) | toJson }}
{{- end }}
{{- end }}
frontier: {{ dict "url" .Values.frontier.url "credentials" (ternary "/etc/autoresearch-frontier" "" (ne .Values.frontier.existingSecret "")) | toJson }}
{{- end -}}

{{/* What stands before every image, with its slash. */}}
{{- define "autoresearch.registry" -}}
{{- with .Values.imageRegistry | default (.Values.global | default dict).imageRegistry -}}{{ trimSuffix "/" . }}/{{- end -}}
{{- end -}}

{{/* The controller's image. */}}
{{- define "autoresearch.image" -}}
{{ include "autoresearch.registry" . }}{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end -}}

{{/* The pools as a list, with what is common to all images, and to all objects on their Jobs and Pods, too. */}}
{{- define "autoresearch.pools" -}}
{{- $pools := list -}}
{{- range .Values.pools -}}
{{- $pool := deepCopy . -}}
{{- with include "autoresearch.registry" $ }}{{- $_ := set $pool "image" (print . $pool.image) -}}{{ end -}}
{{- with $.Values.commonLabels }}{{- $_ := set $pool "labels" (merge (dict) ($pool.labels | default dict) .) -}}{{ end -}}
{{- with $.Values.commonAnnotations }}{{- $_ := set $pool "annotations" (merge (dict) ($pool.annotations | default dict) .) -}}{{ end -}}
{{- $pools = append $pools $pool -}}
{{- end -}}
{{- toYaml $pools -}}
{{- end -}}

{{/* The Secret that holds the key: the one that is there, or the one that this chart makes. */}}
{{- define "autoresearch.keySecret" -}}
{{- .Values.anthropic.existingSecret | default (ternary (printf "%s-anthropic" (include "autoresearch.name" .)) "" (ne .Values.anthropic.apiKey "")) -}}
{{- end -}}
