<?php

declare(strict_types=1);

namespace Maglia;

/** JSON as everybody on the mesh reads it: the narrowest of PHP, Python and JavaScript. */
final class Json
{
    /** The daemon takes 128 levels, two of which are around the value. */
    private const DEEPEST = 126;

    /** Beyond it JavaScript's numbers, and with them the daemon's, have gaps. */
    private const LARGEST_INT = 2 ** 53;

    /**
     * Why a value cannot be kept as JSON, with the place in it where that is so; null where it can.
     *
     * @param string $at how PHP would write the value, for instance `$_SESSION["cart"]`
     */
    public static function complaintAbout(mixed $value, string $at, int $depth = 1): ?string
    {
        return match (true) {
            is_array($value) => self::complaintAboutArray($value, $at, $depth),
            is_object($value) => "$at is an object of class " . get_debug_type($value) . ': keep arrays, or set maglia.format to php',
            is_float($value) => is_finite($value) ? null : "$at is not a finite number",
            is_int($value) => abs($value) <= self::LARGEST_INT
                ? null
                : "$at is beyond 2^53, where JSON numbers are rounded: keep it as a string",
            is_string($value) => self::isUtf8($value) ? null : "$at is a string that is not UTF-8",
            $value === null || is_bool($value) => null,
            default => "$at is a " . gettype($value),
        };
    }

    /** Why nothing can be kept under a key, or null. */
    public static function complaintAboutKey(string $key, string $at): ?string
    {
        if (!self::isUtf8($key)) {
            return "$at has a key that is not UTF-8";
        }
        // Both are traps in JavaScript, the first for its prototypes, the second for PHP's own objects.
        return $key === '__proto__' || str_starts_with($key, "\0") ? "$at has a key that the mesh does not take" : null;
    }

    /** How PHP would write the element of an array, for people; never more than a line of it. */
    public static function place(string $at, int|string $key): string
    {
        if (is_int($key)) {
            return "{$at}[$key]";
        }
        $flags = JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE;
        return "{$at}[" . json_encode(substr($key, 0, 100), $flags) . ']';
    }

    /** @param mixed $value nothing that there is a complaint about */
    public static function encode(mixed $value): string
    {
        // An application's own setting, made for what it prints, must not round what it stores.
        $precision = ini_set('serialize_precision', '-1');
        try {
            return json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
        } finally {
            ini_set('serialize_precision', (string) $precision);
        }
    }

    /**
     * Objects become arrays. A whole number beyond 2^53 becomes a float: somebody's float was written without its point,
     * and as an integer it would pretend to digits that it does not have.
     */
    public static function decode(string $json): mixed
    {
        $value = json_decode($json, true, 512, JSON_THROW_ON_ERROR);
        if (is_array($value) && preg_match('/\d{16}/', $json) === 1) {
            array_walk_recursive($value, static function (mixed &$leaf): void {
                $leaf = is_int($leaf) && abs($leaf) > self::LARGEST_INT ? (float) $leaf : $leaf;
            });
        }
        return $value;
    }

    private static function complaintAboutArray(array $array, string $at, int $depth): ?string
    {
        if ($depth > self::DEEPEST) {
            return substr($at, 0, strcspn($at, ']') + 1) . ' is nested too deeply, or contains itself';
        }
        foreach ($array as $key => $value) {
            $isTrap = $key === 'constructor' && is_array($value) && array_key_exists('prototype', $value);
            $complaint = self::complaintAboutKey($isTrap ? '__proto__' : (string) $key, $at)
                ?? self::complaintAbout($value, self::place($at, $key), $depth + 1);
            if ($complaint !== null) {
                return $complaint;
            }
        }
        return null;
    }

    private static function isUtf8(string $text): bool
    {
        return preg_match('//u', $text) === 1;
    }
}
