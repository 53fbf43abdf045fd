import { describe, expect, it } from 'vitest';
import { curlLines, describeMesh, type NodeReport } from '../../../../src/cli/up/node-report.ts';

function report(letter: string, at: number): NodeReport {
  return {
    letter: letter as never,
    pid: 100 + at,
    http: `http://127.0.0.1:${7420 + at}`,
    memcached: `127.0.0.1:${7470 + at}`,
    mesh: `127.0.0.1:${7520 + at}`,
    store: at === 0 ? { kind: 'memcached', pid: 200 } : { kind: 'memory', pid: null },
  };
}

const THREE = ['a', 'b', 'c'].map(report);

describe('what up prints', () => {
  it('begins with a table of the nodes', () => {
    expect(describeMesh(THREE, '/tmp/x').split('\n').slice(0, 4)).toEqual([
      'letter  http                   memcached       mesh            store                pid',
      'a       http://127.0.0.1:7420  127.0.0.1:7470  127.0.0.1:7520  memcached (pid 200)  100',
      'b       http://127.0.0.1:7421  127.0.0.1:7471  127.0.0.1:7521  memory               101',
      'c       http://127.0.0.1:7422  127.0.0.1:7472  127.0.0.1:7522  memory               102',
    ]);
  });

  it('says how to end it', () => {
    expect(describeMesh(THREE, '/tmp/x')).toMatch(/Ctrl-C stops everything\.\n$/);
  });

  it('has three lines to paste: mint through a, read through b, open through c', () => {
    const [mint, read, open] = curlLines(THREE);
    expect(mint).toContain('http://127.0.0.1:7420/v1/sessions ');
    expect(read).toContain('http://127.0.0.1:7421/v1/sessions/$id');
    expect(open).toContain('http://127.0.0.1:7422/v1/sessions/open ');
  });

  it('goes round where there are fewer nodes than lines', () => {
    expect(curlLines(THREE.slice(0, 2))[2]).toContain('http://127.0.0.1:7420/v1/sessions/open ');
  });
});
