<?php

declare(strict_types=1);

namespace Maglia;

/**
 * `maglia.format = json`: one JSON object of $_SESSION's own keys, shared with applications in other languages. Only what
 * the request changed is written, since those may write other keys at the same time, and know of no lock.
 */
final class JsonFormat implements SessionFormat
{
    /** Somebody else must write between every two of these for it not to suffice. */
    private const LONGEST_CONTEST = 16;

    public function __construct(private readonly Daemon $daemon)
    {
    }

    public function load(StoredSession $session): string
    {
        $values = $session->values();
        return $values === [] ? '' : serialize($values);
    }

    public function save(
        StoredSession $session,
        array $values,
        string $serialized,
        ?int $ttlSeconds,
        bool $isAlone,
    ): array {
        $changes = SessionChanges::between($session->values(), $values);
        $patch = $changes->asMergePatch();
        if ($changes->areNone()) {
            $this->keepAlive($session, $ttlSeconds);
        } elseif ($patch !== null) {
            $this->daemon->patch($session->id, $patch, $ttlSeconds, $isAlone ? null : $session->version);
        } else {
            $this->rewrite($session, $changes, $ttlSeconds, $isAlone);
        }
        return $changes->complaints;
    }

    /** A visitor who was given a session just now, and nothing to keep in it, costs no further call. */
    private function keepAlive(StoredSession $session, ?int $ttlSeconds): void
    {
        if (!$session->isFresh) {
            $this->daemon->touch($session->id, $ttlSeconds);
        }
    }

    /** Writes the whole with the changes in it, and once more with what another language wrote meanwhile. */
    private function rewrite(StoredSession $session, SessionChanges $changes, ?int $ttlSeconds, bool $isAlone): void
    {
        for ($attempt = 1;; $attempt += 1) {
            try {
                $document = $changes->applyTo($session->document());
                $this->daemon->put($session->id, $document, $ttlSeconds, $session->version);
                return;
            } catch (VersionConflict $conflict) {
                if (!$isAlone) {
                    throw $conflict;
                }
                if ($attempt === self::LONGEST_CONTEST) {
                    throw new SessionUnavailable('CONTEST', 'others write this session all the time; nothing is saved');
                }
            }
            $session = $this->daemon->get($session->id);
        }
    }
}
