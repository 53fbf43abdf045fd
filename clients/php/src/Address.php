<?php

declare(strict_types=1);

namespace Maglia;

/** Where the HTTP door of this host's daemon listens. */
final class Address
{
    private function __construct(
        /** What stream_socket_client() dials. */
        public readonly string $dial,
        /** What goes into the Host header. */
        public readonly string $host,
        private readonly string $url,
    ) {
    }

    /** Whether a text means to be such an address; it may still be a wrong one. */
    public static function isMeantBy(string $text): bool
    {
        return str_starts_with($text, 'http://') || str_starts_with($text, 'unix:');
    }

    /** @throws ConfigurationError */
    public static function parse(string $url): self
    {
        if (preg_match('~^http://((?:\[[0-9a-f:.]+\]|[\w.-]+):\d{1,5})/?$~i', $url, $matches) === 1) {
            return new self("tcp://$matches[1]", $matches[1], $url);
        }
        if (preg_match('~^unix://(/[^\0]+)$~', $url, $matches) === 1) {
            return new self("unix://$matches[1]", 'localhost', $url);
        }
        throw new ConfigurationError(
            'CONFIG',
            "\"$url\" is no address of a daemon: write http://127.0.0.1:7420 or unix:///run/maglia/http.sock",
        );
    }

    public function __toString(): string
    {
        return $this->url;
    }
}
