import { Controller, Get, Header, Res } from '@nestjs/common';
import { OwnMetrics } from './own-metrics.js';

/** What the controller needs of an answer. */
interface Reply {
  type(contentType: string): Reply;
  send(body: string): Reply;
}

/** `GET /metrics`, for Prometheus. */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: OwnMetrics) {}

  @Get()
  @Header('cache-control', 'no-store')
  async show(@Res() reply: Reply): Promise<void> {
    const { contentType, text } = await this.metrics.show();
    reply.type(contentType).send(text);
  }
}
