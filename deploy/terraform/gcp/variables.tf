variable "project" {
  description = "Project id."
  type        = string
}

variable "name" {
  description = "Begins the names of all that is made."
  type        = string
  default     = "longhaul"
}

variable "source_buckets" {
  description = "Buckets that are read."
  type        = set(string)
  default     = []
}

variable "destination_buckets" {
  description = "Buckets that are written."
  type        = set(string)
  default     = []
}

variable "allow_overwrite" {
  description = "Whether an object that is there may be replaced: to Google that is a deletion, and needs its right."
  type        = bool
  default     = false
}

variable "read_back" {
  description = "Whether events ask for verify = \"read-back\": then what was written is read once more."
  type        = bool
  default     = false
}

variable "producers" {
  description = "Members that may publish events, for example serviceAccount:app@project.iam.gserviceaccount.com"
  type        = set(string)
  default     = []
}

variable "aws_account_id" {
  description = "AWS account whose role may act as the service account; null: none."
  type        = string
  default     = null
}

variable "aws_role_name" {
  description = "Name of that role: the one that ../aws makes."
  type        = string
  default     = "longhaul-transfer-worker"
}

variable "kubernetes_issuer" {
  description = "OIDC issuer (https://…) of a cluster outside of Google whose pods may act as the service account; null: none."
  type        = string
  default     = null
}

variable "kubernetes_service_account" {
  description = "namespace:name of the service account of the pods."
  type        = string
  default     = "longhaul:transfer-worker-sa"
}

variable "gke_workload_identity" {
  description = "Whether the pods run in a GKE cluster of this project with Workload Identity."
  type        = bool
  default     = false
}
