/**
 * HAProxy's configuration: each request to the next application in turn, whichever visitor it is. An application that
 * does not answer is passed over at once, within the same request where nothing was sent to it yet.
 */
export function balancerConfig(port, hosts) {
  const servers = hosts.flatMap(({ letter, applications }) =>
    applications.map(
      ({ language, address }) => `    server ${letter}-${language} ${address} check inter 500ms fall 1 rise 2`,
    ),
  );
  return `global
    maxconn 2000

defaults
    mode http
    timeout connect 1s
    timeout client 30s
    timeout server 30s
    timeout queue 5s

frontend visitors
    bind 127.0.0.1:${port}
    default_backend applications

backend applications
    balance roundrobin
    option httpchk GET /healthz
    option redispatch 1
    retries 3
    # A page that was read is read again elsewhere; one that was posted only where it surely reached nobody.
    retry-on conn-failure empty-response
    http-request disable-l7-retry if METH_POST
${servers.join('\n')}
`;
}
