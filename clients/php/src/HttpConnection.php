<?php

declare(strict_types=1);

namespace Maglia;

/**
 * One connection to the daemon, dialled when it is first needed, and used for one call after the other.
 *
 * A connection on which anything went wrong is closed and never used again: a late answer could be taken for another
 * visitor's (S0). For the same reason it never outlives the web request, and a forked child dials its own.
 */
final class HttpConnection
{
    private const LONGEST_HEAD_BYTES = 65_536;

    /** Above the largest session that a daemon can be set to keep, 64 MiB, by more than the envelope around it. */
    private const LONGEST_BODY_BYTES = 68_000_000;

    private const CHUNK_BYTES = 65_536;

    /** @var resource|null */
    private $socket = null;

    private int $dialledBy = 0;

    public function __construct(private readonly Address $address)
    {
    }

    public function __destruct()
    {
        $this->drop();
    }

    /**
     * Sends one request, all of it as bytes, and waits for its answer.
     *
     * @throws DaemonUnavailable where there is no answer before the deadline; whether it was done is then unknown, unless
     *     the connection could not even be made
     */
    public function exchange(string $request, Deadline $deadline): HttpAnswer
    {
        // An application's error handler must not hear of what we look after ourselves; many do not look for the `@`.
        set_error_handler(static fn (): bool => true);
        $isReusable = false;
        try {
            $this->dial($deadline);
            $isSent = $this->send($request, $deadline);
            $answer = $this->receive($deadline);
            $isReusable = $isSent && ($answer->headers['connection'] ?? '') !== 'close';
            return $answer;
        } finally {
            restore_error_handler();
            if (!$isReusable) {
                $this->drop();
            }
        }
    }

    private function dial(Deadline $deadline): void
    {
        if ($this->socket !== null && $this->dialledBy === getmypid() && !feof($this->socket)) {
            return;
        }
        $this->drop();
        $socket = stream_socket_client($this->address->dial, $errno, $error, $deadline->remaining());
        if ($socket === false) {
            throw new DaemonUnavailable(
                'DAEMON_UNREACHABLE',
                "the daemon of this host does not take connections at $this->address ($error): is it running?",
            );
        }
        stream_set_blocking($socket, false);
        $this->socket = $socket;
        $this->dialledBy = (int) getmypid();
    }

    /** Whether all of it was taken: a daemon that refuses a request (too large, say) may answer before it has read it. */
    private function send(string $request, Deadline $deadline): bool
    {
        for ($sent = 0; $sent < strlen($request);) {
            if ($this->await($deadline, isForWriting: true) === 'readable') {
                return false;
            }
            $bytes = fwrite($this->socket, substr($request, $sent, self::CHUNK_BYTES));
            if ($bytes === false) {
                return false;
            }
            $sent += $bytes;
        }
        return true;
    }

    private function receive(Deadline $deadline): HttpAnswer
    {
        $received = '';
        while (($end = strpos($received, "\r\n\r\n")) === false) {
            if (strlen($received) > self::LONGEST_HEAD_BYTES) {
                throw $this->broken('answers with more headers than a daemon has');
            }
            $received .= $this->more($deadline);
        }
        [$status, $headers] = $this->readHead(substr($received, 0, $end));
        $length = $this->bodyLength($status, $headers);
        $chunks = [substr($received, $end + 4)];
        for ($got = strlen($chunks[0]); $got < $length; $got += strlen(end($chunks))) {
            $chunks[] = $this->more($deadline);
        }
        if ($got > $length) {
            throw $this->broken('answers more than it was asked');
        }
        return new HttpAnswer($status, $headers, implode('', $chunks));
    }

    /** @return array{int, array<string, string>} */
    private function readHead(string $head): array
    {
        $lines = explode("\r\n", $head);
        if (preg_match('~^HTTP/1\.1 ([2-5]\d\d)(?: |$)~', array_shift($lines), $matches) !== 1) {
            throw $this->broken('does not speak HTTP/1.1');
        }
        $headers = [];
        foreach ($lines as $line) {
            [$name, $value] = explode(':', $line, 2) + [1 => ''];
            $headers[strtolower($name)] = trim($value);
        }
        return [(int) $matches[1], $headers];
    }

    /** @param array<string, string> $headers */
    private function bodyLength(int $status, array $headers): int
    {
        $length = $headers['content-length'] ?? ($status === 204 || $status === 304 ? '0' : '');
        if (preg_match('/^\d{1,8}$/', $length) !== 1 || (int) $length > self::LONGEST_BODY_BYTES) {
            throw $this->broken('answers without saying how much, or more than any session is');
        }
        return (int) $length;
    }

    private function more(Deadline $deadline): string
    {
        for (;;) {
            $bytes = fread($this->socket, self::CHUNK_BYTES);
            if ($bytes !== false && $bytes !== '') {
                return $bytes;
            }
            if ($bytes === false || feof($this->socket)) {
                throw $this->broken('closed the connection before it answered');
            }
            $this->await($deadline);
        }
    }

    /** @return string what became possible; maybe nothing, since a signal ends the wait early: look again, and come back */
    private function await(Deadline $deadline, bool $isForWriting = false): string
    {
        if ($deadline->hasPassed()) {
            throw new DaemonUnavailable(
                'DAEMON_SILENT',
                "the daemon at $this->address did not answer in time; what was asked may or may not have been done",
            );
        }
        $left = $deadline->remaining();
        $readable = [$this->socket];
        $writable = $isForWriting ? [$this->socket] : null;
        $except = null;
        $count = stream_select($readable, $writable, $except, (int) $left, (int) (fmod($left, 1) * 1e6));
        return match (true) {
            $count === false || $count === 0 => 'nothing',
            $readable !== [] => 'readable',
            default => 'writable',
        };
    }

    private function broken(string $what): DaemonUnavailable
    {
        return new DaemonUnavailable('DAEMON_BROKE_OFF', "what listens at $this->address $what");
    }

    private function drop(): void
    {
        if ($this->socket !== null) {
            fclose($this->socket);
        }
        $this->socket = null;
    }
}
