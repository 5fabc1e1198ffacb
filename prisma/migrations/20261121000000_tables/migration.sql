-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "StudyPurpose" AS ENUM ('read', 'prior');

-- CreateEnum
CREATE TYPE "InstanceStatus" AS ENUM ('stored', 'quarantined');

-- CreateEnum
CREATE TYPE "CaseState" AS ENUM ('arriving', 'unread', 'claimed', 'drafted', 'preliminary', 'final', 'amended', 'held', 'cancelled');

-- CreateEnum
CREATE TYPE "CasePriority" AS ENUM ('stat', 'urgent', 'routine');

-- CreateEnum
CREATE TYPE "ReportKind" AS ENUM ('final', 'addendum');

-- CreateEnum
CREATE TYPE "DocumentKind" AS ENUM ('pdf', 'sr', 'kos');

-- CreateEnum
CREATE TYPE "DeliveryState" AS ENUM ('waiting', 'delivered');

-- CreateEnum
CREATE TYPE "OrganizationKind" AS ENUM ('hospital', 'reading_group', 'platform');

-- CreateEnum
CREATE TYPE "Role" AS ENUM ('platform_operator', 'site_admin', 'technologist', 'referring_physician', 'radiologist', 'worklist_manager');

-- CreateTable
CREATE TABLE "edge_router" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "facility_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "public_key" TEXT NOT NULL,
    "software_version" TEXT NOT NULL,
    "enrolled_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),
    "last_heartbeat_at" TIMESTAMPTZ(3),
    "heartbeat" JSONB,
    "last_study_at" TIMESTAMPTZ(3),

    CONSTRAINT "edge_router_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "enrollment_code" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "facility_id" UUID NOT NULL,
    "code_sha256" TEXT NOT NULL,
    "created_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "enrollment_code_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "edge_nonce" (
    "jti" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "edge_nonce_pkey" PRIMARY KEY ("jti")
);

-- CreateTable
CREATE TABLE "patient" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "reader_org_id" UUID,
    "patient_id" TEXT NOT NULL,
    "issuer" TEXT NOT NULL DEFAULT '',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "patient_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "study" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "reader_org_id" UUID,
    "facility_id" UUID,
    "patient_ref" UUID NOT NULL,
    "study_instance_uid" TEXT NOT NULL,
    "patient_id" TEXT NOT NULL,
    "issuer_of_patient_id" TEXT NOT NULL DEFAULT '',
    "patient_name" TEXT NOT NULL,
    "patient_name_search" TEXT NOT NULL,
    "patient_birth_date" TEXT NOT NULL DEFAULT '',
    "patient_sex" TEXT NOT NULL DEFAULT '',
    "accession_number" TEXT NOT NULL DEFAULT '',
    "dicom_study_id" TEXT NOT NULL DEFAULT '',
    "study_date" TEXT NOT NULL DEFAULT '',
    "study_time" TEXT NOT NULL DEFAULT '',
    "study_description" TEXT NOT NULL DEFAULT '',
    "referring_physician_name" TEXT NOT NULL DEFAULT '',
    "referrer_id" UUID,
    "requested_priority" TEXT NOT NULL DEFAULT '',
    "modalities" TEXT[],
    "body_parts" TEXT[],
    "number_of_series" INTEGER NOT NULL DEFAULT 0,
    "number_of_instances" INTEGER NOT NULL DEFAULT 0,
    "size_bytes" BIGINT NOT NULL DEFAULT 0,
    "quarantined_instances" INTEGER NOT NULL DEFAULT 0,
    "purpose" "StudyPurpose" NOT NULL DEFAULT 'read',
    "first_received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "completed_at" TIMESTAMPTZ(3),
    "expected_instances" INTEGER,
    "qido_json" TEXT NOT NULL DEFAULT '{}',

    CONSTRAINT "study_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "series" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "reader_org_id" UUID,
    "study_ref" UUID NOT NULL,
    "series_instance_uid" TEXT NOT NULL,
    "modality" TEXT NOT NULL DEFAULT '',
    "series_number" INTEGER,
    "series_description" TEXT NOT NULL DEFAULT '',
    "body_part_examined" TEXT NOT NULL DEFAULT '',
    "number_of_instances" INTEGER NOT NULL DEFAULT 0,
    "qido_json" TEXT NOT NULL DEFAULT '{}',

    CONSTRAINT "series_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "instance" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "reader_org_id" UUID,
    "study_ref" UUID NOT NULL,
    "series_ref" UUID NOT NULL,
    "sop_instance_uid" TEXT NOT NULL,
    "sop_class_uid" TEXT NOT NULL,
    "transfer_syntax_uid" TEXT NOT NULL,
    "data_set_sha256" TEXT NOT NULL,
    "object_key" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "data_set_offset" INTEGER NOT NULL,
    "instance_number" INTEGER,
    "rows" INTEGER,
    "columns" INTEGER,
    "number_of_frames" INTEGER NOT NULL DEFAULT 1,
    "frame_index" JSONB,
    "metadata" TEXT NOT NULL,
    "status" "InstanceStatus" NOT NULL DEFAULT 'stored',
    "quarantine_reason" TEXT,
    "source" TEXT NOT NULL DEFAULT '',
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "instance_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "org_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "actor_org_id" UUID NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "actor_name" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "patient_ref" UUID,
    "study_ref" UUID,
    "case_id" UUID,
    "details" JSONB NOT NULL DEFAULT '{}',
    "request_id" TEXT NOT NULL DEFAULT '',
    "prev_hash" TEXT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("org_id","seq")
);

-- CreateTable
CREATE TABLE "audit_head" (
    "org_id" UUID NOT NULL,
    "seq" BIGINT NOT NULL,
    "hash" TEXT NOT NULL,

    CONSTRAINT "audit_head_pkey" PRIMARY KEY ("org_id")
);

-- CreateTable
CREATE TABLE "outbox_job" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "collapse_key" TEXT,
    "run_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "relayed_at" TIMESTAMPTZ(3),
    "done_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "failed_at" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reading_case" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "reader_org_id" UUID NOT NULL,
    "facility_id" UUID,
    "study_ref" UUID NOT NULL,
    "state" "CaseState" NOT NULL DEFAULT 'arriving',
    "priority" "CasePriority" NOT NULL DEFAULT 'routine',
    "priority_score" INTEGER NOT NULL DEFAULT 0,
    "priority_reasons" JSONB NOT NULL DEFAULT '[]',
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "claim_minutes" INTEGER NOT NULL DEFAULT 15,
    "claimed_by_id" UUID,
    "claimed_until" TIMESTAMPTZ(3),
    "claim_token" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "unread_at" TIMESTAMPTZ(3),
    "completed_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "reading_case_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "case_prior" (
    "case_id" UUID NOT NULL,
    "study_ref" UUID NOT NULL,
    "org_id" UUID NOT NULL,
    "reader_org_id" UUID,
    "relevance" INTEGER NOT NULL,
    "reasons" TEXT[],

    CONSTRAINT "case_prior_pkey" PRIMARY KEY ("case_id","study_ref")
);

-- CreateTable
CREATE TABLE "report_draft" (
    "case_id" UUID NOT NULL,
    "org_id" UUID NOT NULL,
    "reader_org_id" UUID NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "template_id" TEXT NOT NULL,
    "sections" JSONB NOT NULL,
    "key_images" JSONB NOT NULL DEFAULT '[]',
    "author_id" UUID NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "report_draft_pkey" PRIMARY KEY ("case_id")
);

-- CreateTable
CREATE TABLE "report_version" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "reader_org_id" UUID NOT NULL,
    "case_id" UUID NOT NULL,
    "study_ref" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "kind" "ReportKind" NOT NULL,
    "sections" JSONB NOT NULL,
    "key_images" JSONB NOT NULL,
    "canonical_text" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "signed_by_id" UUID NOT NULL,
    "signed_by_name" TEXT NOT NULL,
    "signed_by_person_name" TEXT NOT NULL,
    "signed_by_qualification" TEXT NOT NULL DEFAULT '',
    "signed_at" TIMESTAMPTZ(3) NOT NULL,
    "pdf_series_instance_uid" TEXT NOT NULL,
    "pdf_sop_instance_uid" TEXT NOT NULL,
    "sr_series_instance_uid" TEXT NOT NULL,
    "sr_sop_instance_uid" TEXT NOT NULL,
    "kos_series_instance_uid" TEXT,
    "kos_sop_instance_uid" TEXT,

    CONSTRAINT "report_version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "report_document" (
    "report_version_id" UUID NOT NULL,
    "kind" "DocumentKind" NOT NULL,
    "org_id" UUID NOT NULL,
    "reader_org_id" UUID NOT NULL,
    "instance_id" UUID NOT NULL,
    "sha256" TEXT NOT NULL,
    "object_key" TEXT,
    "stored_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "report_document_pkey" PRIMARY KEY ("report_version_id","kind")
);

-- CreateTable
CREATE TABLE "delivery" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "reader_org_id" UUID,
    "facility_id" UUID NOT NULL,
    "report_version_id" UUID NOT NULL,
    "instance_id" UUID NOT NULL,
    "state" "DeliveryState" NOT NULL DEFAULT 'waiting',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_reason" TEXT,
    "leased_until" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "organization" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "OrganizationKind" NOT NULL,
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "letterhead" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organization_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "facility" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "default_referrer_id" UUID,
    "allowed_calling_ae_titles" TEXT[],
    "called_ae_titles" TEXT[],
    "prior_ae_titles" TEXT[],
    "quiet_seconds" INTEGER NOT NULL DEFAULT 60,
    "local_pacs_ae_title" TEXT,
    "local_pacs_host" TEXT,
    "local_pacs_port" INTEGER,
    "config_version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "facility_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "contract" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "reader_org_id" UUID NOT NULL,
    "facility_id" UUID,
    "starts_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ends_at" TIMESTAMPTZ(3),
    "stat_minutes" INTEGER NOT NULL DEFAULT 30,
    "urgent_minutes" INTEGER NOT NULL DEFAULT 120,
    "routine_minutes" INTEGER NOT NULL DEFAULT 1440,
    "claim_minutes" INTEGER NOT NULL DEFAULT 15,

    CONSTRAINT "contract_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_account" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "display_name" TEXT NOT NULL,
    "person_name" TEXT NOT NULL,
    "qualification" TEXT NOT NULL DEFAULT '',
    "roles" "Role"[],
    "facility_ids" UUID[],
    "referrer_names" TEXT[],
    "deactivated_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credential" (
    "user_id" UUID NOT NULL,
    "org_id" UUID NOT NULL,
    "password_hash" TEXT NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "credential_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "user_id" UUID NOT NULL,
    "org_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_token" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "org_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "token_sha256" TEXT NOT NULL,
    "scopes" TEXT[],
    "edge_id" UUID,
    "facility_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sign_in_attempt" (
    "key" TEXT NOT NULL,
    "window_start" TIMESTAMPTZ(3) NOT NULL,
    "failures" INTEGER NOT NULL,

    CONSTRAINT "sign_in_attempt_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "edge_router_org_id_idx" ON "edge_router"("org_id");

-- CreateIndex
CREATE UNIQUE INDEX "enrollment_code_code_sha256_key" ON "enrollment_code"("code_sha256");

-- CreateIndex
CREATE UNIQUE INDEX "patient_org_id_issuer_patient_id_key" ON "patient"("org_id", "issuer", "patient_id");

-- CreateIndex
CREATE INDEX "study_org_id_study_date_id_idx" ON "study"("org_id", "study_date" DESC, "id");

-- CreateIndex
CREATE INDEX "study_org_id_patient_id_idx" ON "study"("org_id", "patient_id");

-- CreateIndex
CREATE INDEX "study_org_id_accession_number_idx" ON "study"("org_id", "accession_number");

-- CreateIndex
CREATE INDEX "study_org_id_patient_name_search_idx" ON "study"("org_id", "patient_name_search" text_pattern_ops);

-- CreateIndex
CREATE INDEX "study_reader_org_id_idx" ON "study"("reader_org_id");

-- CreateIndex
CREATE INDEX "study_patient_ref_idx" ON "study"("patient_ref");

-- CreateIndex
CREATE INDEX "study_referrer_id_idx" ON "study"("referrer_id");

-- CreateIndex
CREATE UNIQUE INDEX "study_org_id_study_instance_uid_key" ON "study"("org_id", "study_instance_uid");

-- CreateIndex
CREATE INDEX "series_study_ref_idx" ON "series"("study_ref");

-- CreateIndex
CREATE UNIQUE INDEX "series_org_id_study_ref_series_instance_uid_key" ON "series"("org_id", "study_ref", "series_instance_uid");

-- CreateIndex
CREATE INDEX "instance_series_ref_idx" ON "instance"("series_ref");

-- CreateIndex
CREATE INDEX "instance_study_ref_idx" ON "instance"("study_ref");

-- CreateIndex
CREATE UNIQUE INDEX "instance_org_id_sop_instance_uid_data_set_sha256_key" ON "instance"("org_id", "sop_instance_uid", "data_set_sha256");

-- CreateIndex
CREATE INDEX "audit_event_org_id_at_idx" ON "audit_event"("org_id", "at");

-- CreateIndex
CREATE INDEX "audit_event_actor_org_id_at_idx" ON "audit_event"("actor_org_id", "at");

-- CreateIndex
CREATE INDEX "audit_event_patient_ref_idx" ON "audit_event"("patient_ref");

-- CreateIndex
CREATE INDEX "outbox_job_done_at_failed_at_run_at_idx" ON "outbox_job"("done_at", "failed_at", "run_at");

-- CreateIndex
CREATE UNIQUE INDEX "reading_case_study_ref_key" ON "reading_case"("study_ref");

-- CreateIndex
CREATE INDEX "reading_case_reader_org_id_state_priority_score_due_at_idx" ON "reading_case"("reader_org_id", "state", "priority_score" DESC, "due_at");

-- CreateIndex
CREATE INDEX "reading_case_org_id_idx" ON "reading_case"("org_id");

-- CreateIndex
CREATE INDEX "report_version_study_ref_idx" ON "report_version"("study_ref");

-- CreateIndex
CREATE UNIQUE INDEX "report_version_case_id_version_key" ON "report_version"("case_id", "version");

-- CreateIndex
CREATE INDEX "delivery_facility_id_state_idx" ON "delivery"("facility_id", "state");

-- CreateIndex
CREATE UNIQUE INDEX "delivery_facility_id_instance_id_key" ON "delivery"("facility_id", "instance_id");

-- CreateIndex
CREATE UNIQUE INDEX "organization_slug_key" ON "organization"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "facility_slug_key" ON "facility"("slug");

-- CreateIndex
CREATE INDEX "facility_org_id_idx" ON "facility"("org_id");

-- CreateIndex
CREATE INDEX "contract_org_id_idx" ON "contract"("org_id");

-- CreateIndex
CREATE INDEX "contract_reader_org_id_idx" ON "contract"("reader_org_id");

-- CreateIndex
CREATE UNIQUE INDEX "user_account_email_key" ON "user_account"("email");

-- CreateIndex
CREATE INDEX "user_account_org_id_idx" ON "user_account"("org_id");

-- CreateIndex
CREATE INDEX "session_user_id_idx" ON "session"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_token_token_sha256_key" ON "api_token"("token_sha256");

-- CreateIndex
CREATE INDEX "api_token_edge_id_idx" ON "api_token"("edge_id");
