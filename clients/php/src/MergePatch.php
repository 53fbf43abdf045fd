<?php

declare(strict_types=1);

namespace Maglia;

/**
 * What a JSON merge patch (RFC 7396) has to say to make one array of another. It merges objects key by key, replaces
 * everything else as a whole, and takes null for "remove this": a null of the application's own cannot be said with it,
 * nor that keys have changed their order.
 */
final class MergePatch
{
    /** @return ?\stdClass null where no patch can say it */
    public static function between(array $before, array $after): ?\stdClass
    {
        $patch = new \stdClass();
        foreach (array_diff_key($before, $after) as $key => $_) {
            $patch->{$key} = null;
        }
        foreach ($after as $key => $value) {
            $former = $before[$key] ?? null;
            if ($former === $value && array_key_exists($key, $before)) {
                continue;
            }
            if (self::isObject($value) && self::isObject($former)) {
                $value = self::keepsOrder($former, $value) ? self::between($former, $value) : null;
            }
            if ($value === null || self::holdsNull($value)) {
                return null;
            }
            $patch->{$key} = $value;
        }
        return $patch;
    }

    /** Whether merging leaves the keys in their new order: PHP applications rely on it ("last seen", say). */
    private static function keepsOrder(array $before, array $after): bool
    {
        $merged = array_intersect_key($before, $after) + $after;
        return array_keys($merged) === array_keys($after);
    }

    /** Whether merging would take a null in this value, new as a whole, for a removal. Lists are not merged. */
    private static function holdsNull(mixed $value): bool
    {
        if (!self::isObject($value)) {
            return false;
        }
        foreach ($value as $member) {
            if ($member === null || self::holdsNull($member)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a PHP array becomes a JSON object. An empty one becomes a list, as json_encode() has it. */
    private static function isObject(mixed $value): bool
    {
        return is_array($value) && !array_is_list($value);
    }
}
