import { execFileSync } from 'node:child_process';

/** What went over some TCP ports so far, by the kernel's own count. */
export interface Traffic {
  readonly bytes: number;
  readonly segments: number;
}

/**
 * The bytes and segments sent over the connections that end at one of these ports, out of what `ss -tinH` prints: a line
 * of addresses, and a line of counters that begins with a blank. Both ends of a connection of loopback are there; each says
 * what it sent itself.
 */
export function trafficIn(text: string, ports: ReadonlySet<number>): Traffic {
  let [bytes, segments] = [0, 0];
  let isOurs = false;
  for (const line of text.split('\n')) {
    if (!/^\s/.test(line)) {
      const found = Array.from(line.matchAll(/:(\d+)(?=\s|$)/g), ([, port]) => Number(port));
      isOurs = found.some((port) => ports.has(port));
    } else if (isOurs) {
      bytes += Number(/\bbytes_sent:(\d+)/.exec(line)?.[1] ?? 0);
      segments += Number(/\bsegs_out:(\d+)/.exec(line)?.[1] ?? 0);
    }
  }
  return { bytes, segments };
}

export function meshTraffic(ports: ReadonlySet<number>): Traffic {
  return trafficIn(execFileSync('ss', ['-tinH'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }), ports);
}
