{{- define "longhaul.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "longhaul.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "longhaul.labels" -}}
{{ include "longhaul.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Variables of every container. */}}
{{- define "longhaul.env" -}}
- { name: TEMPORAL_ADDRESS, value: {{ .Values.temporal.address | quote }} }
- { name: TEMPORAL_NAMESPACE, value: {{ .Values.temporal.namespace | quote }} }
- { name: TEMPORAL_TLS, value: {{ .Values.temporal.tls | quote }} }
{{- with .Values.temporal.apiKeySecret }}
- name: TEMPORAL_API_KEY
  valueFrom: { secretKeyRef: { name: {{ .name }}, key: {{ .key }} } }
{{- end }}
- { name: LONGHAUL_TRANSFER_MEMORY_MB, value: {{ .Values.transferMemoryMb | quote }} }
- name: LONGHAUL_HOST
  valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
{{/* Workers put what fails for good there too. */}}
{{- with .Values.bridge.dlq }}
- { name: LONGHAUL_DLQ, value: {{ . | quote }} }
{{- end }}
{{- with .Values.bridge.dlqSubscription }}
- { name: LONGHAUL_DLQ_SUBSCRIPTION, value: {{ . | quote }} }
{{- end }}
{{- if .Values.awsWebIdentity.roleArn }}
- { name: AWS_ROLE_ARN, value: {{ .Values.awsWebIdentity.roleArn | quote }} }
- { name: AWS_WEB_IDENTITY_TOKEN_FILE, value: /var/run/secrets/aws/token }
{{- end }}
{{- if .Values.googleWorkloadIdentity.audience }}
- { name: GOOGLE_APPLICATION_CREDENTIALS, value: /etc/longhaul/google/credentials.json }
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "longhaul.volumeMounts" -}}
- { name: configs, mountPath: /configs, readOnly: true }
{{- if .Values.awsWebIdentity.roleArn }}
- { name: aws-token, mountPath: /var/run/secrets/aws, readOnly: true }
{{- end }}
{{- if .Values.googleWorkloadIdentity.audience }}
- { name: google-token, mountPath: /var/run/secrets/google, readOnly: true }
- { name: google-credentials, mountPath: /etc/longhaul/google, readOnly: true }
{{- end }}
{{- end }}

{{- define "longhaul.volumes" -}}
- name: configs
  configMap:
    name: {{ include "longhaul.fullname" . }}-projects
    items:
      {{- range $name, $config := .Values.projects }}
      - { key: {{ $name }}.json, path: {{ $name }}/config.json }
      {{- end }}
{{- if .Values.awsWebIdentity.roleArn }}
- name: aws-token
  projected:
    sources:
      - serviceAccountToken: { path: token, audience: {{ .Values.awsWebIdentity.audience | quote }}, expirationSeconds: 3600 }
{{- end }}
{{- if .Values.googleWorkloadIdentity.audience }}
- name: google-token
  projected:
    sources:
      - serviceAccountToken: { path: token, audience: {{ printf "https:%s" .Values.googleWorkloadIdentity.audience | quote }}, expirationSeconds: 3600 }
- name: google-credentials
  configMap: { name: {{ include "longhaul.fullname" . }}-google }
{{- end }}
{{- end }}

{{/* A pod: dict "root" $ "component" name "args" list "env" text. */}}
{{- define "longhaul.pod" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "longhaul.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
  annotations:
    # A changed project file starts the pods anew.
    checksum/projects: {{ $root.Values.projects | toJson | sha256sum }}
spec:
  serviceAccountName: {{ $root.Values.serviceAccount.name }}
  # Tokens that are needed are projected for their audience; nothing here speaks to the Kubernetes API.
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1001
    runAsGroup: 1001
    fsGroup: 1001
    seccompProfile: { type: RuntimeDefault }
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.nodeSelector }}
  nodeSelector: {{ toYaml . | nindent 4 }}
  {{- end }}
  {{- with $root.Values.tolerations }}
  tolerations: {{ toYaml . | nindent 4 }}
  {{- end }}
  # One machine that fails takes one of them along.
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "longhaul.selector" $root | nindent 10 }}
          app.kubernetes.io/component: {{ .component }}
  containers:
    - name: longhaul
      image: "{{ $root.Values.image.repository }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}"
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      args: {{ toJson .args }}
      env:
        {{- include "longhaul.env" $root | nindent 8 }}
        {{- with .env }}
        {{- . | nindent 8 }}
        {{- end }}
      {{- with $root.Values.secretNames }}
      envFrom:
        {{- range . }}
        - secretRef: { name: {{ . }} }
        {{- end }}
      {{- end }}
      ports:
        - { name: health, containerPort: 8081 }
        - { name: temporal-sdk, containerPort: 9464 }
      # Temporal may be away when it starts; only a process that never gets ready is started anew.
      startupProbe:
        httpGet: { path: /health, port: health }
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        httpGet: { path: /health, port: health }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: { path: /ready, port: health }
        periodSeconds: 5
        timeoutSeconds: 3
      resources: {{ toYaml $root.Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: { drop: [ALL] }
      volumeMounts:
        {{- include "longhaul.volumeMounts" $root | nindent 8 }}
  volumes:
    {{- include "longhaul.volumes" $root | nindent 4 }}
{{- end }}
