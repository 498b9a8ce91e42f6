import { PbfReader } from 'pbf';
import { requestJson } from './json-request.js';
import type { MetricsRequest } from './metrics-request.js';
import { requestProtobuf } from './protobuf-request.js';

/** What a server says it did not take of a request that it took. */
export interface PartialSuccess {
  readonly rejectedDataPoints: number;
  readonly errorMessage: string;
}

/** How requests and answers are written. A server answers in the form of the request, or should. */
export interface Encoding {
  readonly contentType: string;
  readonly encode: (request: MetricsRequest) => Uint8Array;
  /** The partialSuccess of an answer. @throws if it is no answer of the metrics service */
  readonly decodeAnswer: (body: Uint8Array) => PartialSuccess | undefined;
}

export const ENCODINGS: Readonly<Record<'protobuf' | 'json', Encoding>> = {
  protobuf: { contentType: 'application/x-protobuf', encode: requestProtobuf, decodeAnswer: answerOfProtobuf },
  json: { contentType: 'application/json', encode: requestJson, decodeAnswer: answerOfJson },
};

/** ExportMetricsServiceResponse: partial_success = 1, in which rejected_data_points = 1 and error_message = 2. */
function answerOfProtobuf(body: Uint8Array): PartialSuccess | undefined {
  let partial: PartialSuccess | undefined;
  const reader = new PbfReader(body);
  reader.readFields((field) => {
    if (field !== 1) return;
    const read = { rejectedDataPoints: 0, errorMessage: '' };
    reader.readMessage((inner) => {
      if (inner === 1) read.rejectedDataPoints = reader.readVarint(true);
      if (inner === 2) read.errorMessage = reader.readString();
    }, undefined);
    partial = read;
  }, undefined);
  return partial;
}

/** In JSON, everything may be missing and numbers may be strings. */
function answerOfJson(body: Uint8Array): PartialSuccess | undefined {
  const { partialSuccess } = JSON.parse(Buffer.from(body).toString('utf8')) as {
    readonly partialSuccess?: { readonly rejectedDataPoints?: string | number; readonly errorMessage?: string } | null;
  };
  if (!partialSuccess) return undefined;
  const rejectedDataPoints = Number(partialSuccess.rejectedDataPoints ?? 0);
  return { rejectedDataPoints, errorMessage: String(partialSuccess.errorMessage ?? '') };
}
