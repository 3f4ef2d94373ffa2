/** What `ingestUrls` reads, plans, remembers and logs. Knows nothing of Temporal. */
export { explicitKeyFault, fileNameOf, type KeyBounds } from './keys';
export { logLine, planLine, type IngestLogEvent, type IngestLogFields, type IngestLogLine } from './log-events';
export { MAX_PARAMETERS_BYTES, parseParameters, type ParameterEntry, type ParseOptions } from './parameters';
export { planIngest, type IngestRecord, type PlanOptions } from './plan';
export { needsDocument, recordUrl, type ParametersDocument } from './record-url';
export { readState, stateKey, stateOf, type UrlState } from './state';
export { TransferLog, type TransferLogOptions } from './transfer-log';
