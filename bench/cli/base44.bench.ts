/**
 * `secrets set` of Coffer's command line and of Base44's, on one platform, for a secret that no function
 * reads.
 */
import { BASE44_CLI, ensureBase44Cli } from "../../scripts/set-up/base44-cli.mjs";
import { type Bench, paired, type Row, ratioRow, type Timed, timeProcess } from "../harness.ts";
import { makeProject, startPlatform } from "../platform/running-platform.ts";

/** The target: Coffer's wall time divided by that of Base44's command line. */
const RATIO_MAX = 0.2;
const FILES = { "functions/still/index.ts": "export default () => new Response();\n" };

export const bench: Bench = {
	name: "base44",
	async run(context) {
		await ensureBase44Cli();
		await using platform = await startPlatform(context);
		const coffer = await makeProject(context, platform, platform.control, FILES, ["API_KEY=first"]);
		const made = await coffer("platform", "token", "create", "--base44", "--url", platform.control, "--json");
		const env = {
			...process.env,
			BASE44_API_URL: platform.control,
			BASE44_API_KEY: (JSON.parse(made) as { token: string }).token,
			BASE44_APP_ID: "theirs",
			BASE44_DISABLE_TELEMETRY: "1",
		};
		const set: Timed = async (pair) => {
			const startMs = performance.now();
			await coffer("secrets", "set", `API_KEY=value ${pair}`);
			return performance.now() - startMs;
		};
		const cwd = context.folder;
		const theirs = (more: NodeJS.ProcessEnv): Timed => {
			return (pair) =>
				timeProcess({
					command: process.execPath,
					args: [BASE44_CLI, "secrets", "set", `API_KEY=value ${pair}`],
					cwd,
					env: { ...env, ...more },
				});
		};
		// Base44's command line checks the registry for a newer version at each command. Here that check is
		// off, so it is faster than users see it.
		const quiet = { BASE44_CLI_TEST_OVERRIDES: '{"latestVersion":null}' };
		const cases = { "base44 secrets set": {}, "base44 secrets set, no version check": quiet };
		const rows: Row[] = [];
		// The short form has the second alone, which asks no registry.
		for (const [name, more] of Object.entries(cases).slice(context.smoke ? 1 : 0)) {
			const result = await paired(set, theirs(more), context.pairs(11));
			rows.push(ratioRow("secrets set, synced", name, RATIO_MAX, result));
		}
		return rows;
	},
};
