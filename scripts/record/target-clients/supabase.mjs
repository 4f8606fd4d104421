/** Records what Supabase's command line sends. A profile file names the server, as its own end-to-end tests do. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { installed, Recorder } from "./recorder.mjs";

const VERSION = "3.1.0";
export const PROJECT = "abcdefghijklmnopqrst";
const TOKEN = `sbp_${"0123456789".repeat(4)}`;

/** The statuses that the Management API's OpenAPI description gives. */
const ANSWERS = { GET: { status: 200, value: [] }, POST: { status: 201 }, DELETE: { status: 200 } };

export async function recordSupabase(folder) {
	const modules = installed(folder, `supabase@${VERSION}`);
	const recorder = await new Recorder({
		answer: (request) => ANSWERS[request.method],
		// It also reads the project after each command, to remember its name.
		keeps: (path) => path.endsWith("/secrets"),
	}).start();
	try {
		const profile = join(folder, "profile.yaml");
		writeFileSync(
			profile,
			`name: local\napi_url: ${recorder.origin}\nproject_host: local.test\ndashboard_url: ${recorder.origin}\n`,
		);
		writeFileSync(join(folder, "secrets.env"), 'A="one two"\nB=2\n');
		const env = { SUPABASE_ACCESS_TOKEN: TOKEN, SUPABASE_PROFILE: profile };
		const run = (...argv) =>
			recorder.run([join(modules, ".bin/supabase"), "secrets", ...argv, "--project-ref", PROJECT, "--yes"], {
				cwd: folder,
				env,
			});
		return {
			client: `supabase ${VERSION} (npm)`,
			token: TOKEN,
			set: await run("set", "--env-file", "secrets.env"),
			list: await run("list"),
			delete: await run("unset", "A", "B"),
		};
	} finally {
		recorder.stop();
	}
}
