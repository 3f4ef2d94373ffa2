/** The same words for bytes, durations and counts as in reports. */
export * from '../../../model/format';
