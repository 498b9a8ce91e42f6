import { Controller, Get, Inject, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import { HEALTH_PARTS, type HealthPart } from './health-part.js';
import { Readiness } from './readiness.js';

/** What probes and people ask. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly readiness: Readiness,
    @Inject(HEALTH_PARTS) private readonly parts: readonly HealthPart[],
  ) {}

  /** Every part: 200, or 503 with the failing part named. */
  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check(this.parts.map((part) => () => this.ask(part)));
  }

  /** The process runs. Says nothing of the store: a restart would not bring it back. */
  @Get('live')
  live(): { status: string } {
    return { status: 'ok' };
  }

  /** Whether to send requests here. Overload does not show: the load would fall on the next replica. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    if (this.readiness.draining) throw new ServiceUnavailableException({ status: 'shutting_down' });
    const gates = this.parts.filter((part) => part.gatesReadiness);
    return this.health.check(gates.map((part) => () => this.ask(part)));
  }

  private async ask(part: HealthPart) {
    const session = this.indicators.check(part.name);
    const { up, details } = await part.check();
    return up ? session.up(details) : session.down(details);
  }
}
