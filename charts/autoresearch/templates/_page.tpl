{{/* Names under which the page answers, as a JSON list; a name that points here from elsewhere is refused. */}}
{{- define "autoresearch.pageNames" -}}
{{- $service := printf "%s-page" (include "autoresearch.name" .) -}}
{{- $names := list -}}
{{- range list "" (printf ".%s" .Release.Namespace) (printf ".%s.svc" .Release.Namespace) (printf ".%s.svc.cluster.local" .Release.Namespace) -}}
{{- $names = append $names (printf "%s%s:8081" $service .) -}}
{{- end -}}
{{- with .Values.page -}}
{{- if (.ingress | default dict).enabled -}}{{- $names = append $names .ingress.host -}}{{- end -}}
{{- if (.httpRoute | default dict).enabled -}}{{- $names = append $names .httpRoute.host -}}{{- end -}}
{{- $names = concat $names (.names | default list) -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}
