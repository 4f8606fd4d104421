/** Where Deno's own ecosystem keeps modules: the hosts that `https:` modules may come from. */
export const DEFAULT_HOSTS: readonly string[] = [
	"deno.land",
	"jsr.io",
	"esm.sh",
	"cdn.jsdelivr.net",
	"raw.githubusercontent.com",
];
