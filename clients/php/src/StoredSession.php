<?php

declare(strict_types=1);

namespace Maglia;

/** A session as the daemon answered it. */
final class StoredSession
{
    private ?array $values = null;

    /**
     * @param string $id under which it can be used; another one than was asked for where that was regenerated
     * @param int $ttlSeconds how long it would still live untouched
     * @param string $json the whole answer, in which the data stands as it is stored
     * @param ?string $bytes data that is not JSON
     * @param ?Lock $lock granted along with it
     */
    public function __construct(
        public readonly string $id,
        public readonly int $version,
        public readonly int $ttlSeconds,
        public readonly bool $isFresh,
        public readonly string $contentType,
        public readonly string $json,
        public readonly ?string $bytes,
        public readonly ?Lock $lock,
    ) {
    }

    /**
     * A JSON object's keys and values, objects as arrays.
     *
     * @throws UnreadableSession where the data is anything else
     */
    public function values(): array
    {
        return $this->values ??= $this->readValues();
    }

    /**
     * The same with its objects as objects, so that {} and [] stay apart: to be written again as it was.
     *
     * @throws UnreadableSession
     */
    public function document(): \stdClass
    {
        $data = null;
        if ($this->bytes === null) {
            try {
                $data = json_decode($this->json, false, 512, JSON_THROW_ON_ERROR)->data ?? null;
            } catch (\JsonException) {
                // A key that begins with a zero byte, which no PHP object takes.
            }
        }
        return $data instanceof \stdClass ? $data : throw $this->unreadable();
    }

    private function readValues(): array
    {
        $values = $this->bytes === null ? Json::decode($this->json)['data'] ?? null : null;
        if (!is_array($values)) {
            throw $this->unreadable();
        }
        // As an array, {} or {"0": …} is the same as a list.
        if (array_is_list($values)) {
            $this->document();
        }
        return $values;
    }

    private function unreadable(): UnreadableSession
    {
        return new UnreadableSession(
            'UNREADABLE_SESSION',
            "the session holds $this->contentType that is no JSON object PHP can read: another application wrote it, or "
                . 'this one with another maglia.format. Use another session.name, or keep to one format',
        );
    }
}
