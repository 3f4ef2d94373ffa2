variable "name" {
  description = "Begins the names of all that is made."
  type        = string
  default     = "longhaul"
}

variable "source_objects" {
  description = "ARNs of the objects that may be read, for example arn:aws:s3:::source-data-bucket/data/*"
  type        = list(string)
  default     = []
}

variable "destination_objects" {
  description = "ARNs of the objects that may be written, for example arn:aws:s3:::destination-data-bucket/imports/*"
  type        = list(string)
  default     = []
}

variable "read_back" {
  description = "Whether events ask for verify = \"read-back\": then what was written is read once more."
  type        = bool
  default     = false
}

variable "producers" {
  description = "ARNs of the roles that may send events to the queue."
  type        = list(string)
  default     = []
}

variable "kms_key_arn" {
  description = "KMS key of the buckets; null where they use none of their own."
  type        = string
  default     = null
}

variable "eks_oidc_provider" {
  description = "OIDC issuer of the EKS cluster without https://, registered in IAM; null where the workers run elsewhere."
  type        = string
  default     = null
}

variable "kubernetes_service_account" {
  description = "namespace:name of the service account of the pods."
  type        = string
  default     = "longhaul:transfer-worker-sa"
}

variable "google_service_account_id" {
  description = "Unique id (21 digits) of the Google service account whose tokens this role accepts; null: none."
  type        = string
  default     = null
}
