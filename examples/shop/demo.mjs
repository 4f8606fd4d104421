/**
 * Shows the shop on its own platform, from an empty folder to a change of a secret under load.
 *
 *     npm run demo              shows it, checks the results, and removes everything
 *     npm run demo -- --serve   leaves it running until Ctrl-C
 */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Coffer, Failure } from "./demo/coffer.mjs";
import { chooseIdentity } from "./demo/identity.mjs";
import { chapter, failed, say } from "./demo/screen.mjs";
import { serve } from "./demo/serve.mjs";
import { tell } from "./demo/story.mjs";

const SHOP = fileURLToPath(new URL(".", import.meta.url));
const INTERRUPTED = 130;

/** Aborts at the first signal, or if the output is closed. Later signals do not interrupt the clean-up. */
function interruption() {
	const controller = new AbortController();
	const abort = () => controller.abort();
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, abort);
	process.stdout.on("error", abort);
	return controller.signal;
}

/** A copy of the shop, as a new user has it. */
async function copyShop(folder) {
	const isDemo = (path) => /^(demo|demo\.mjs|README\.md)$/.test(path.slice(SHOP.length));
	await cp(SHOP, join(folder, "shop"), { recursive: true, filter: (path) => !isDemo(path) });
}

async function demonstrate(folder, signal, cleanups, isServing) {
	await copyShop(folder);
	const coffer = new Coffer(folder, signal);
	cleanups.push(() => coffer.stopPlatform());
	const { used, putBack } = await chooseIdentity(coffer, folder);
	cleanups.unshift(putBack);
	const platform = await tell({ coffer, folder, identity: used, signal });
	if (isServing) await serve({ coffer, folder, platform, signal });
}

/** Runs every clean-up, also if one fails. @returns whether all of them worked */
async function cleanUp(cleanups, folder) {
	let isClean = true;
	for (const cleanup of cleanups.reverse()) {
		try {
			const done = await cleanup();
			if (done !== "") say(`  ${done}`);
		} catch (error) {
			failed(error.message);
			isClean = false;
		}
	}
	// An interrupted command may still be writing.
	await rm(folder, { recursive: true, force: true, maxRetries: 5 });
	say(`  The folder ${folder} is gone.`);
	return isClean;
}

const { values } = parseArgs({ options: { serve: { type: "boolean", default: false } } });
const signal = interruption();
const folder = await mkdtemp(join(tmpdir(), "coffer-demo-"));
const cleanups = [];
let status = 0;
try {
	await demonstrate(folder, signal, cleanups, values.serve);
} catch (error) {
	status = signal.aborted ? INTERRUPTED : 1;
	say();
	if (!signal.aborted) failed(error instanceof Failure ? error.message : (error.stack ?? String(error)));
}
chapter("The end");
if (!(await cleanUp(cleanups, folder))) status ||= 1;
process.exitCode = status;
