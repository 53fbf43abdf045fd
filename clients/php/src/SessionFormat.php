<?php

declare(strict_types=1);

namespace Maglia;

/** How a session's data is read from the daemon and written back. */
interface SessionFormat
{
    /**
     * The text that PHP unserializes into $_SESSION, as serialize() writes it; empty for an empty session.
     *
     * @throws UnreadableSession
     */
    public function load(StoredSession $session): string;

    /**
     * Saves what a request made of a session, and lets it live on.
     *
     * @param array $values $_SESSION
     * @param string $serialized the same as serialize() writes it
     * @param ?int $ttlSeconds life to give it; null: the one that it was last given
     * @param bool $isAlone false where others may have had their turn since it was read, so that what they wrote must not
     *     be overwritten
     * @return array<string> complaints about what could not be saved
     * @throws SessionGone
     * @throws VersionConflict where it was not alone, and nothing is saved
     */
    public function save(
        StoredSession $session,
        array $values,
        string $serialized,
        ?int $ttlSeconds,
        bool $isAlone,
    ): array;
}
