/**
 * The isolation by users of the system. Shell scripts run as a function's user, like code of a function that
 * has escaped from Deno's permissions. Without this isolation they run as the attacked sibling's user, or as
 * root.
 */

import { launch, openRuntime } from "../../../../platform/runtime/harness.ts";
import { as, uidOf } from "../../../../platform/runtime/isolation/as-user.ts";
import { ON_GROUPS, ON_PLATFORM, ON_SIBLING, scriptsOf } from "../../../../platform/runtime/probes/system.ts";
import type { Outcome, Part, Probe } from "./probe.ts";

const HELLO = `export default () => new Response("hello " + Deno.env.get("TMPDIR"));`;

/** Runs a script. A refused script must not print the secret text. */
function run(uid: number, script: string): Outcome {
	const { code, out } = as(uid, script);
	if (code === 0 || out !== "") return { result: `status ${code}: ${out.length} bytes` };
	return { error: `status ${code}` };
}

export async function openUsers(): Promise<Part> {
	const harness = await openRuntime({ ownNetwork: true });
	const start = (name: string) => harness.runtime.start(launch(HELLO, { TOKEN: "x" }, { function: name }));
	const [own, sibling] = [await start("own"), await start("sibling")];
	const fill = await scriptsOf(harness, own, sibling);
	const probes = (aim: string, scripts: readonly [string, string][], other: number): Probe[] =>
		scripts.map(([name, script]) => ({
			aim,
			name: `${name}: ${script}`,
			within: async () => run(uidOf(own.pid), fill(script)),
			without: async () => run(other, fill(script)),
		}));
	const hasGroups = harness.runtime.limits.driver !== "priority";
	return {
		wall: "a user of its own",
		probes: [
			...probes("a sibling: files, memory, signals, sockets", ON_SIBLING, uidOf(sibling.pid)),
			...probes("the platform: files, memory, signals", ON_PLATFORM, 0),
			...probes("control groups", hasGroups ? ON_GROUPS : [], 0),
		],
		close: () => harness.close(),
	};
}
