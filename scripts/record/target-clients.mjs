/**
 * Runs the command lines of Supabase, Cloudflare and GitHub against servers on this machine, and writes the requests
 * that they send for secrets to `test/targets/clients.json`. The tests hold the kinds of targets to these requests.
 *
 * It installs pinned packages from the npm registry in a temporary folder, without their install scripts. `gh` must be
 * on the PATH (Debian's package `gh`), and `openssl`, since gh speaks TLS only. No client gets a real token.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { recordGitHub } from "./target-clients/github.mjs";
import { recordSupabase } from "./target-clients/supabase.mjs";
import { recordWrangler } from "./target-clients/wrangler.mjs";

const FILE = fileURLToPath(new URL("../../test/targets/clients.json", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "target-clients-"));
try {
	const recorded = {};
	for (const [kind, record] of Object.entries({
		cloudflare: recordWrangler,
		github: recordGitHub,
		supabase: recordSupabase,
	})) {
		recorded[kind] = await record(folder);
		process.stderr.write(`${kind}: ${recorded[kind].client}\n`);
	}
	writeFileSync(FILE, `${JSON.stringify(recorded, null, "\t")}\n`);
} finally {
	rmSync(folder, { recursive: true, force: true });
}
