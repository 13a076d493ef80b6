{{/* Checks across values. All faults are collected and shown at once, each with its mend; one fault stops the install. */}}
{{- define "louyu.faults" -}}
{{- $values := .Values -}}
{{- $policy := $values.networkPolicy -}}
{{- $faults := list -}}

{{- if not $values.publicUrl -}}
{{- $faults = append $faults "publicUrl is missing. Give the address that residents open: --set publicUrl=https://louyu.example.org" -}}
{{- end -}}

{{- $without := list -}}
{{- range $name, $given := omit $values.secrets "secretName" -}}
{{- if and (ne (toString (get $given "enabled")) "false") (not $given.secretName) (not $values.secrets.secretName) -}}
{{- $without = append $without (printf "%s (key %q)" $name $given.key) -}}
{{- end -}}
{{- end -}}
{{- with $without -}}
{{- $faults = append $faults (printf "No Secret is named for %s. Make one with these keys (`louyu secrets init` prints one with signingKey, dataKeys and lookupKey), and name it: --set secrets.secretName=louyu" (join ", " .)) -}}
{{- end -}}

{{- if $values.tls.enabled -}}
{{- $without = list -}}
{{- range $role, $name := $values.tls.secretNames -}}
{{- if not $name -}}
{{- $without = append $without $role -}}
{{- end -}}
{{- end -}}
{{- with $without -}}
{{- $faults = append $faults (printf "No certificate is named for %s. Make one for each role as the chart's README shows, and name it: --set tls.secretNames.%s=louyu-%s-tls. Only where a service mesh encrypts everything: --set tls.enabled=false" (join ", " .) (first .) (first .)) -}}
{{- end -}}
{{- end -}}

{{- $roles := include "louyu.roles" . | fromYaml -}}
{{- range $role, $facts := $roles -}}
{{- $managed := include "louyu.managedSettings" (dict "root" $ "role" $role "facts" $facts) | fromYaml -}}
{{- range $place, $given := dict "settings" $values.settings (printf "roles.%s.settings" $role) (index $values.roles $role).settings -}}
{{- range $name, $_ := $given -}}
{{- $plain := $name | trimSuffix "_FILE" -}}
{{- if or (hasKey $managed $name) (hasKey $managed $plain) (hasKey $managed (printf "%s_FILE" $plain)) -}}
{{- $faults = append $faults (printf "%s.%s is set by the chart itself. Remove it, and use the value of the chart that stands for it (README)." $place $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- $taken := list -}}
{{- range $facts := list (include "louyu.doctor" . | fromYaml) (get $roles "notify") (get $roles "gateway") -}}
{{- range $setting, $_ := $facts.secrets -}}
{{- $taken = append $taken (include "louyu.secretFile" $setting) -}}
{{- end -}}
{{- end -}}
{{- range $values.secrets.channels.files -}}
{{- if has . $taken -}}
{{- $faults = append $faults (printf "secrets.channels.files names %s, a file that the chart mounts itself. Give that key of the Secret another name." .) -}}
{{- end -}}
{{- end -}}
{{- if and $policy.enabled $values.secrets.channels.enabled (not $policy.providerCidrs) -}}
{{- $faults = append $faults "secrets.channels is enabled, but the network policy lets nothing out to providers. Name their addresses: --set networkPolicy.providerCidrs={0.0.0.0/0}, or your egress gateway's" -}}
{{- end -}}
{{- if and $policy.enabled $values.serviceMonitor.enabled (not $policy.metricsFrom) -}}
{{- $faults = append $faults "serviceMonitor is enabled, but the network policy lets nobody read the metrics. Name where Prometheus runs: --set networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name=monitoring" -}}
{{- end -}}
{{- if and $policy.enabled (hasKey $values.settings "LOUYU_OTEL_ENDPOINT") (not $policy.telemetryTo) -}}
{{- $faults = append $faults "settings.LOUYU_OTEL_ENDPOINT is given, but the network policy lets no telemetry out. Name where the collector is: --set networkPolicy.telemetryTo[0].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name=telemetry" -}}
{{- end -}}

{{- if and $values.media.url $values.media.existingClaim -}}
{{- $faults = append $faults "media.url and media.existingClaim are both given. Photos are kept in one place: remove one of them" -}}
{{- end -}}
{{- if and (hasPrefix "s3:" $values.media.url) (not (and $values.secrets.mediaAccessKey.enabled $values.secrets.mediaSecretKey.enabled)) -}}
{{- $faults = append $faults "media.url names a store that needs keys. Put them into a Secret, and enable both: --set secrets.mediaAccessKey.enabled=true,secrets.mediaSecretKey.enabled=true" -}}
{{- end -}}

{{- with $faults | uniq -}}
{{- $lines := list -}}
{{- range $index, $fault := . -}}
{{- $lines = append $lines (printf "  %d. %s" (add1 $index) $fault) -}}
{{- end -}}
{{- fail (printf "\n\nlouyu cannot be installed with these values:\n%s\n" (join "\n" $lines)) -}}
{{- end -}}
{{- end -}}
