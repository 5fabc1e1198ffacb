export * from "@overread/shared/dicom/attributes";
