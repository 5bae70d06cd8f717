{{- define "learnflow.fullname" -}}
{{- $default := ternary .Release.Name (printf "%s-learnflow" .Release.Name) (contains "learnflow" .Release.Name) -}}
{{- .Values.fullnameOverride | default $default | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "learnflow.selector" -}}
app.kubernetes.io/name: learnflow
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "learnflow.labels" -}}
{{ include "learnflow.selector" . }}
app.kubernetes.io/part-of: learnflow
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
{{- end }}

{{- define "learnflow.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* Path of a service of the hub: `root` and its `name`. */}}
{{- define "learnflow.prefix" -}}
{{ trimSuffix "/" .root.Values.hub.baseUrl }}/services/{{ .name }}/
{{- end }}

{{- define "learnflow.claim" -}}
{{ .Values.state.existingClaim | default (printf "%s-state" (include "learnflow.fullname" .)) }}
{{- end }}

{{- /* Pods that run students' code make sandboxes: they need the filter of system calls that lets bubblewrap
work, and a user namespace of their own, without which Kubernetes gives no whole /proc. */}}
{{- define "learnflow.sandboxed" -}}
{{- if and .sandbox .root.Values.sandbox.enabled }}true{{ end -}}
{{- end }}

{{- define "learnflow.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- if include "learnflow.sandboxed" . }}
hostUsers: false
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . | quote }}
{{- end }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Spreads replicas over nodes, where there are several. */}}
{{- define "learnflow.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "learnflow.selector" . | nindent 8 }}
{{- end }}

{{- define "learnflow.container" -}}
image: {{ include "learnflow.image" .root | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  runAsNonRoot: true
  privileged: false
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
  {{- if include "learnflow.sandboxed" . }}
  procMount: Unmasked
  seccompProfile:
    type: Localhost
    localhostProfile: {{ .root.Values.sandbox.seccompFile }}
  {{- else }}
  seccompProfile:
    type: RuntimeDefault
  {{- end }}
{{- end }}

{{- /* A variable from a Secret that exists: `name` of the variable, `from` with name and key. */}}
{{- define "learnflow.fromSecret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .from.name | quote }}
      key: {{ .from.key | quote }}
{{- end }}

{{- define "learnflow.databaseEnv" -}}
{{- with .Values.secrets.database }}{{- if .name }}
{{ include "learnflow.fromSecret" (dict "name" "PGPASSWORD" "from" .) }}
{{- end }}{{- end }}
- name: PGSSLMODE
  value: {{ .Values.database.sslMode }}
- name: HOME
  value: /home/learnflow
{{- end }}

{{- /* What every part of LearnFlow needs: the database, Kafka, a home to write to. */}}
{{- define "learnflow.env" -}}
{{ include "learnflow.databaseEnv" . }}
{{- with .Values.secrets.kafka }}{{- if .name }}
{{ include "learnflow.fromSecret" (dict "name" "LEARNFLOW_KAFKA_PASSWORD" "from" .) }}
{{- end }}{{- end }}
{{- end }}

{{- /* What the hub gives to a service that it starts: `root` and the service's `name`. */}}
{{- define "learnflow.hubEnv" -}}
{{- $prefix := include "learnflow.prefix" . -}}
{{ include "learnflow.fromSecret" (dict "name" "JUPYTERHUB_API_TOKEN" "from" (dict "name" .root.Values.secrets.hub.name "key" (printf "hub.services.%s.apiToken" .name))) }}
- name: JUPYTERHUB_SERVICE_NAME
  value: {{ .name }}
- name: JUPYTERHUB_API_URL
  value: {{ .root.Values.hub.apiUrl }}
- name: JUPYTERHUB_BASE_URL
  value: {{ .root.Values.hub.baseUrl }}
- name: JUPYTERHUB_SERVICE_PREFIX
  value: {{ $prefix }}
- name: JUPYTERHUB_SERVICE_URL
  value: http://0.0.0.0:8888
- name: JUPYTERHUB_CLIENT_ID
  value: service-{{ .name }}
- name: JUPYTERHUB_OAUTH_CALLBACK_URL
  value: {{ $prefix }}oauth_callback
# Without it every token of the hub would be let in.
- name: JUPYTERHUB_OAUTH_ACCESS_SCOPES
  value: {{ list (printf "access:services!service=%s" .name) | toJson | quote }}
{{- with .root.Values.hub.publicUrl }}
- name: JUPYTERHUB_PUBLIC_URL
  value: {{ trimSuffix "/" . }}/services/{{ $.name }}/
{{- end }}
{{- end }}

{{- /* `state`: whether this part keeps the course folders and submissions. */}}
{{- define "learnflow.mounts" -}}
- name: config
  mountPath: /etc/learnflow
  readOnly: true
- name: home
  mountPath: /home/learnflow
- name: tmp
  mountPath: /tmp
{{- if .state }}
- name: state
  mountPath: /srv/learnflow
{{- end }}
{{- with .root.Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "learnflow.volumes" -}}
- name: config
  configMap:
    name: {{ include "learnflow.fullname" .root }}
- name: home
  emptyDir:
    sizeLimit: 1Gi
- name: tmp
  emptyDir:
    sizeLimit: 1Gi
{{- if .state }}
- name: state
  persistentVolumeClaim:
    claimName: {{ include "learnflow.claim" .root }}
{{- end }}
{{- with .root.Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Pods start again when what they read at the start has changed. */}}
{{- define "learnflow.configSum" -}}
checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
{{- end }}
