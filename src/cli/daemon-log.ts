import { pino, type DestinationStream, type Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { ERROR_SERIALIZER } from '../session/loggable.ts';

/** The log of a daemon: JSON lines with its letter. */
export function daemonLog({ letter, log }: Pick<Config, 'letter' | 'log'>, output: DestinationStream): Logger {
  return pino({ name: 'maglia', level: log.level, base: { letter }, serializers: ERROR_SERIALIZER }, output);
}
