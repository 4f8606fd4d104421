/** The hosts from which `https:` modules may be imported by default. Deno's ecosystem publishes modules there. */
export const DEFAULT_HOSTS: readonly string[] = [
	"deno.land",
	"jsr.io",
	"esm.sh",
	"cdn.jsdelivr.net",
	"raw.githubusercontent.com",
];
