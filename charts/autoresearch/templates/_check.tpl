{{/* Seconds of a time as the settings allow it: a number, or text such as 5s, 5m or 1h. */}}
{{- define "autoresearch.seconds" -}}
{{- if not (kindIs "string" .) -}}{{- float64 . -}}
{{- else -}}{{- mulf (regexFind "^[0-9.]+" . | float64) (get (dict "m" 60 "h" 3600) (regexFind "[mh]$" .) | default 1) -}}
{{- end -}}
{{- end -}}

{{/* What a JSON schema cannot say. */}}
{{- define "autoresearch.check" -}}
{{- $name := include "autoresearch.name" . -}}
{{- if or (gt (len $name) 50) (not (regexMatch "^[a-z]([-a-z0-9]*[a-z0-9])?$" $name)) -}}{{- fail (printf "fullnameOverride: %s can name no Service; give a name of at most 50 lower-case letters, digits and dashes, a letter first" $name) -}}{{- end -}}
{{- $account := include "autoresearch.serviceAccount" . -}}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$" $account) -}}{{- fail (printf "serviceAccount.name: %s can name no account; use lower-case letters, digits and dashes" $account) -}}{{- end -}}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" (include "autoresearch.runsNamespace" .)) -}}{{- fail (printf "runs.namespace: %s can name no namespace; use lower-case letters, digits and dashes" .Values.runs.namespace) -}}{{- end -}}
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
{{- $made := ternary (maxf 600 (mulf 4 $budget)) (maxf 1200 (mulf 2 $budget)) (eq ($lane.trainer | default "gpu") "cpu") -}}
{{- $wall := include "autoresearch.seconds" ($lane.wallSeconds | default $made) | float64 -}}
{{- if lt (float64 $wall) (mulf 2 $budget) -}}{{- fail (printf "lanes[%d].wallSeconds: %v s leave no time to start and to evaluate around %v s of training; give at least %v, or leave it out" $i $wall $budget (mulf 2 $budget)) -}}{{- end -}}
{{- $longest := addf (get (get $pools $lane.pool) "pullSeconds" | default 900) $wall 30 -}}
{{- if le (mulf $.Values.runs.leakGuardHours 3600) $longest -}}{{- fail (printf "runs.leakGuardHours: after %v h the cluster deletes runs of lane %s, which may take %v s with pulling the image; give more hours" $.Values.runs.leakGuardHours $lane.name $longest) -}}{{- end -}}
{{- end -}}
{{- $who := ternary .Values.proposer (dict) (kindIs "map" .Values.proposer) -}}
{{- $claude := or (eq (toString ($who.kind | default "")) "anthropic") (hasKey ($who.mix | default dict) "anthropic") -}}
{{- $federated := or $who.federation (($who.anthropic | default dict).federation) -}}
{{- $cloud := or $who.bedrock $who.vertex (($who.anthropic | default dict).bedrock) (($who.anthropic | default dict).vertex) -}}
{{- if and $claude (not (or $federated $cloud)) (eq (include "autoresearch.keySecret" .) "") -}}{{- fail "proposer: Claude needs a key; name its Secret in anthropic.existingSecret" -}}{{- end -}}
{{- if and $federated (not (.Values.anthropic.identityToken | default dict).audience) -}}{{- fail "proposer.federation: there is no token to exchange; name its audience in anthropic.identityToken.audience" -}}{{- end -}}
{{- with .Values.page -}}
{{- if and .enabled (not .existingSecret) -}}{{- fail "page.existingSecret: the page is open to nobody without a token; name a Secret with the entry token" -}}{{- end -}}
{{- if and (or (.ingress | default dict).enabled (.httpRoute | default dict).enabled) (not .enabled) -}}{{- fail "page.enabled: there is no page to lead to; set it, or leave page.ingress and page.httpRoute off" -}}{{- end -}}
{{- if and (.ingress | default dict).enabled (not .ingress.host) -}}{{- fail "page.ingress.host: the page answers to names that it knows only; give the host" -}}{{- end -}}
{{- if and (.httpRoute | default dict).enabled (not (and .httpRoute.host .httpRoute.parentRefs)) -}}{{- fail "page.httpRoute: give its host and its parentRefs" -}}{{- end -}}
{{- end -}}
{{- if and .Values.serviceAccount.create (eq $account "default") -}}{{- fail "serviceAccount.name: every namespace has an account default; give the controller's another name" -}}{{- end -}}
{{- if and (.Values.rbac.readers | default list) (not (.Values.page | default dict).enabled) -}}{{- fail "rbac.readers: they read the page, and there is none; set page.enabled" -}}{{- end -}}
{{- if and .Values.rbac.create (eq $account "default") -}}{{- fail "serviceAccount.name: the Role would go to the account that every Pod of the namespace has; name yours, or set serviceAccount.create" -}}{{- end -}}
{{- end -}}
