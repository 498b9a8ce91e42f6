import { Injectable } from '@nestjs/common';

/** Whether this process still wants requests. Goes false once, at shutdown. */
@Injectable()
export class Readiness {
  private isDraining = false;

  get draining(): boolean {
    return this.isDraining;
  }

  /** From now on /health/ready answers 503. */
  drain(): void {
    this.isDraining = true;
  }
}
