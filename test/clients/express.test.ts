import { express } from './session-applications.ts';
import { describeOverlap, describeSessions } from './session-rules.ts';

for (const store of ['connect-memcached', 'connect-memjs'] as const) {
  describeSessions(express(store));
  describeOverlap(express(store));
}
