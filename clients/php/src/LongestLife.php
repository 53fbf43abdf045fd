<?php

declare(strict_types=1);

namespace Maglia;

/**
 * The longest life that the daemon gives (its `session.maxTtlSeconds`), as far as is known. Longer ones are cut to that: a
 * page does not fail for a session.gc_maxlifetime of ten years, which works with PHP's own handlers.
 */
final class LongestLife
{
    /** No daemon can be told to keep sessions for longer: ten years. */
    private const ANY_DAEMONS_LONGEST_SECONDS = 315_360_000;

    private static bool $hasWarned = false;

    private int $seconds = self::ANY_DAEMONS_LONGEST_SECONDS;

    /**
     * Calls with this life, or as much of it as the daemon gives. When the daemon refuses a life it has done nothing.
     *
     * @param callable(?int): HttpAnswer $call
     */
    public function cut(?int $ttlSeconds, callable $call): HttpAnswer
    {
        $asked = $ttlSeconds === null ? null : min($ttlSeconds, $this->seconds);
        try {
            return $call($asked);
        } catch (LifeTooLong $refused) {
            if ($asked === null || $refused->most >= $asked) {
                throw $refused;
            }
            $this->seconds = $refused->most;
            return $call($refused->most);
        }
    }

    public function warnWhereCut(int $ttlSeconds): void
    {
        if (self::$hasWarned || $ttlSeconds <= $this->seconds) {
            return;
        }
        self::$hasWarned = true;
        error_log(
            "maglia: a session was to live $ttlSeconds seconds; the daemon gives at most $this->seconds, and such lives are cut "
                . 'to that: lower session.gc_maxlifetime, or raise session.maxTtlSeconds of the daemons',
        );
    }
}
