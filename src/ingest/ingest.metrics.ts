import { Injectable, type OnModuleInit } from '@nestjs/common';
import { OwnMetrics } from '../telemetry/own-metrics.js';
import { Admission } from './admission.js';

/** What the receiver shows of its state. */
@Injectable()
export class IngestMetrics implements OnModuleInit {
  constructor(
    private readonly metrics: OwnMetrics,
    private readonly admission: Admission,
  ) {}

  onModuleInit(): void {
    this.metrics.read(() => {
      const { requests, bytes } = this.admission.atWork;
      return Promise.resolve({ in_flight_requests: requests, in_flight_bytes: bytes });
    });
  }
}
