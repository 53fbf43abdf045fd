<?php

declare(strict_types=1);

namespace Maglia;

/** The calls of the daemon's HTTP door (its /openapi.json) that a session handler needs. */
final class Daemon
{
    public const JSON_TYPE = 'application/json';

    /** One for the owner's death, one for each node that has yet to notice it when it is asked, and one more. */
    private const OPEN_ATTEMPTS = 4;

    /** About as long as it takes the nodes to tell each other. */
    private const OPEN_PAUSE_MICROSECONDS = 50_000;

    private readonly HttpConnection $connection;

    private readonly LongestLife $longestLife;

    public function __construct(private readonly Settings $settings)
    {
        $this->connection = new HttpConnection($settings->address);
        $this->longestLife = new LongestLife();
    }

    /**
     * The session of this id; a fresh one under a new id where that is gone, or where there is none.
     *
     * Asked again where nobody could answer, or where it is in doubt whether the lock was granted: mostly the owner has just
     * died, and as soon as all nodes know it there is an answer. A lock that was granted to nobody ends by itself.
     */
    public function open(?string $id, int $ttlSeconds): StoredSession
    {
        $patience = $this->settings->hasLocking ? $this->settings->lockWaitSeconds : 0.0;
        $deadline = Deadline::in($this->settings->timeoutSeconds + $patience);
        for ($attempt = 1;; $attempt += 1) {
            try {
                return $this->tryOpen($id, $ttlSeconds, $deadline);
            } catch (SessionUnavailable $unavailable) {
                $isInTime = $deadline->remaining() > $this->settings->timeoutSeconds / 2;
                if (!$isInTime || $attempt === self::OPEN_ATTEMPTS) {
                    throw $unavailable;
                }
                usleep(self::OPEN_PAUSE_MICROSECONDS);
            }
        }
    }

    /** @throws SessionGone */
    public function get(string $id): StoredSession
    {
        return $this->session($this->call('GET', self::path($id)));
    }

    /**
     * Changes some keys of a session.
     *
     * @throws SessionGone
     * @throws VersionConflict where `$ifVersion` is given and the session has another one
     */
    public function patch(string $id, \stdClass $patch, ?int $ttlSeconds, ?int $ifVersion): void
    {
        $this->longestLife->cut($ttlSeconds, fn (?int $life) => $this->call(
            'PATCH',
            self::path($id),
            self::body(['data' => $patch, 'ttlSeconds' => $life]),
            self::ifMatch($ifVersion),
        ));
    }

    /**
     * Replaces a session's data.
     *
     * @throws SessionGone
     * @throws VersionConflict
     */
    public function put(string $id, \stdClass $document, ?int $ttlSeconds, ?int $ifVersion): void
    {
        $this->longestLife->cut($ttlSeconds, fn (?int $life) => $this->call(
            'PUT',
            self::path($id),
            self::body(['data' => $document, 'ttlSeconds' => $life]),
            self::ifMatch($ifVersion),
        ));
    }

    /**
     * Replaces a session's data by bytes of any other type.
     *
     * @throws SessionGone
     * @throws VersionConflict
     */
    public function putBytes(string $id, string $contentType, string $bytes, ?int $ttlSeconds, ?int $ifVersion): void
    {
        $headers = ['Content-Type' => $contentType] + self::ifMatch($ifVersion);
        $this->longestLife->cut($ttlSeconds, fn (?int $life) => $this->call(
            'PUT',
            self::path($id) . '/data',
            $bytes,
            $life === null ? $headers : $headers + ['Maglia-Ttl-Seconds' => (string) $life],
        ));
    }

    /** @throws SessionGone */
    public function touch(string $id, ?int $ttlSeconds): void
    {
        $this->longestLife->cut($ttlSeconds, fn (?int $life) => $this->call(
            'POST',
            self::path($id) . '/touch',
            self::body(['ttlSeconds' => $life]),
        ));
    }

    /** @throws SessionGone */
    public function destroy(string $id): void
    {
        $this->call('DELETE', self::path($id));
    }

    public function unlock(string $id, Lock $lock): void
    {
        $this->call('POST', self::path($id) . '/unlock', self::body(['token' => $lock->token]));
    }

    private function tryOpen(?string $id, int $ttlSeconds, Deadline $deadline): StoredSession
    {
        $request = ['id' => $id];
        if ($this->settings->hasLocking) {
            $left = $deadline->remaining() - $this->settings->timeoutSeconds / 2;
            $waitMs = (int) (1000 * max(0.0, min($this->settings->lockWaitSeconds, $left)));
            $request['lock'] = ['waitMs' => $waitMs];
        }
        $session = $this->session($this->longestLife->cut($ttlSeconds, fn (?int $life) => $this->call(
            'POST',
            '/v1/sessions/open',
            self::body($request + ['ttlSeconds' => $life]),
            [],
            $deadline,
        )));
        // PHP forgets everything between two pages. So that not each of them says it, those of new sessions do.
        if ($session->isFresh) {
            $this->longestLife->warnWhereCut($ttlSeconds);
        }
        return $session;
    }

    private function session(HttpAnswer $answer): StoredSession
    {
        try {
            $head = Json::decode($answer->body);
        } catch (\JsonException $error) {
            throw $this->noDaemon($error);
        }
        if (!is_string($head['id'] ?? null) || !is_int($head['version'] ?? null) || !is_int($head['ttlSeconds'] ?? null)) {
            throw $this->noDaemon();
        }
        $contentType = $head['contentType'] ?? self::JSON_TYPE;
        $bytes = null;
        if ($contentType !== self::JSON_TYPE) {
            $bytes = $this->call('GET', self::path($head['id']) . '/data')->body;
        }
        $lock = isset($head['lock'])
            ? new Lock((string) $head['lock']['token'], $head['lock']['expiresInMs'] / 1000)
            : null;
        return new StoredSession(
            id: $head['id'],
            version: $head['version'],
            ttlSeconds: $head['ttlSeconds'],
            isFresh: ($head['state'] ?? 'found') !== 'found',
            contentType: $contentType,
            json: $answer->body,
            bytes: $bytes,
            lock: $lock,
        );
    }

    /**
     * @param array<string, string> $headers
     * @throws MagliaException for every answer but a 2xx
     */
    private function call(
        string $method,
        string $path,
        ?string $body = null,
        array $headers = [],
        ?Deadline $deadline = null,
    ): HttpAnswer {
        $all = ['Host' => $this->settings->address->host] + $headers;
        if ($this->settings->token !== null) {
            $all['Authorization'] = "Bearer {$this->settings->token}";
        }
        if ($body !== null) {
            $all += ['Content-Type' => self::JSON_TYPE, 'Content-Length' => (string) strlen($body)];
        }
        $request = "$method $path HTTP/1.1\r\n";
        foreach ($all as $name => $value) {
            $request .= "$name: $value\r\n";
        }
        $deadline ??= Deadline::in($this->settings->timeoutSeconds);
        $answer = $this->connection->exchange("$request\r\n$body", $deadline);
        return $answer->status < 300 ? $answer : throw $this->problem($answer);
    }

    /** What an answer that is not "done" is to PHP. The daemon's texts say what to do. */
    private function problem(HttpAnswer $answer): MagliaException
    {
        $problem = json_decode($answer->body, true);
        if (!is_string($problem['code'] ?? null) || !is_string($problem['message'] ?? null)) {
            return $this->noDaemon();
        }
        ['code' => $code, 'message' => $message] = $problem;
        return match (true) {
            $code === 'SESSION_MISS' => new SessionGone((string) ($problem['reason'] ?? 'unknown'), $message),
            $code === 'VERSION_CONFLICT' => new VersionConflict($code, $message),
            $code === 'LOCK_TIMEOUT' => new LockTimeout($code, $message),
            in_array($problem['field'] ?? null, ['ttlSeconds', 'Maglia-Ttl-Seconds'], true) && is_int($problem['most'] ?? null)
                => new LifeTooLong($code, $message, $problem['most']),
            $answer->status === 429, $answer->status >= 500 => new SessionUnavailable($code, $message),
            default => new Refused($code, $message),
        };
    }

    private function noDaemon(?\Throwable $error = null): DaemonUnavailable
    {
        return new DaemonUnavailable('NO_DAEMON', "what listens at {$this->settings->address} is no maglia daemon", $error);
    }

    /** An id may come from a browser: it must not become a part of the request that it is not (request splitting). */
    private static function path(string $id): string
    {
        return '/v1/sessions/' . rawurlencode($id);
    }

    /** A JSON object of those members that are not null. */
    private static function body(array $members): string
    {
        return Json::encode((object) array_filter($members, static fn (mixed $member): bool => $member !== null));
    }

    /** @return array<string, string> */
    private static function ifMatch(?int $version): array
    {
        return $version === null ? [] : ['If-Match' => "\"$version\""];
    }
}
