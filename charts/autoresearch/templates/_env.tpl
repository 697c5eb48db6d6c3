{{/* What the controller's container is told besides its file: keys from Secrets, and where a command run in it finds the lanes. */}}
{{- define "autoresearch.env" -}}
{{- range $name, $value := dict "STORE" .Values.store.url "ENDPOINT" .Values.store.endpoint "REGION" .Values.store.region "FRONTIER" .Values.frontier.url }}
{{- if $value }}
- { name: AUTORESEARCH_{{ $name }}, value: {{ $value | quote }} }
{{- end }}
{{- end }}
{{- if .Values.frontier.existingSecret }}
- { name: AUTORESEARCH_FRONTIER_CREDENTIALS, value: /etc/autoresearch-frontier }
{{- end }}
{{- with .Values.store.existingSecret }}
- name: AWS_ACCESS_KEY_ID
  valueFrom: { secretKeyRef: { name: {{ . }}, key: AWS_ACCESS_KEY_ID } }
- name: AWS_SECRET_ACCESS_KEY
  valueFrom: { secretKeyRef: { name: {{ . }}, key: AWS_SECRET_ACCESS_KEY } }
- name: AWS_SESSION_TOKEN
  valueFrom: { secretKeyRef: { name: {{ . }}, key: AWS_SESSION_TOKEN, optional: true } }
{{- end }}
{{- with include "autoresearch.keySecret" . }}
- name: ANTHROPIC_API_KEY
  valueFrom: { secretKeyRef: { name: {{ . }}, key: {{ $.Values.anthropic.secretKey }} } }
{{- end }}
{{- with .Values.page }}
{{- if .enabled }}
- name: AUTORESEARCH_PAGE_TOKEN
  valueFrom: { secretKeyRef: { name: {{ .existingSecret }}, key: token } }
- name: AUTORESEARCH_PAGE_STEERING_TOKEN
  valueFrom: { secretKeyRef: { name: {{ .existingSecret }}, key: steering-token, optional: true } }
{{- end }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}
