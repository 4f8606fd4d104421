/** `Deno.Kv` in a function behaves as under `deno run --unstable-kv`. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KvStores } from "../../../src/platform/kv/kv-stores.ts";
import { builtPath } from "../../../src/platform/machine/assets.ts";
import { findDeno } from "../../../src/platform/runtime/deno-binary.ts";
import { ask, type Harness, launch, openRuntime } from "../runtime/harness.ts";
import { EXPRESSIONS, PROGRAM } from "./same-as-deno.ts";

let folder: string;
let stores: KvStores;
let harness: Harness;
const errors: string[] = [];

beforeAll(async () => {
	folder = mkdtempSync(join(tmpdir(), "coffer-kv-"));
	stores = new KvStores({
		directory: join(folder, "kv"),
		maxBytes: 64 * 1024 * 1024,
		program: builtPath("kv.cjs"),
		onError: (message) => errors.push(message),
	});
	harness = await openRuntime({ openStore: (socket) => stores.listen({ ...socket, app: "aa" }) });
});
afterAll(async () => {
	await harness.close();
	await stores.close();
	rmSync(folder, { recursive: true, force: true });
});

async function answersOfDeno(): Promise<string[]> {
	const path = join(folder, "program.mjs");
	writeFileSync(path, `${PROGRAM}\nconsole.log(JSON.stringify(await answers()));`);
	const environment = { ...process.env, DENO_DIR: join(folder, "deno"), NO_COLOR: "1" };
	const { stdout } = await promisify(execFile)(
		await findDeno(),
		["run", "--quiet", "--unstable-kv", "--allow-all", "--location=http://test", path],
		{ env: environment, maxBuffer: 64 * 1024 * 1024 },
	);
	return JSON.parse(stdout);
}

async function answersOfFunction(): Promise<string[]> {
	const code = `${PROGRAM}\nexport default async () => Response.json(await answers());`;
	const instance = await harness.runtime.start(launch(code));
	const { body } = await ask(instance.socketPath);
	await instance.stop();
	return JSON.parse(body);
}

test("each expression has the same value or error as in Deno", async () => {
	const [deno, ours] = await Promise.all([answersOfDeno(), answersOfFunction()]);
	const named = (answers: readonly string[]) =>
		EXPRESSIONS.map((expression, index) => `${expression}\n  → ${answers[index]}`);
	expect(named(ours)).toEqual(named(deno));
	expect(errors).toEqual([]);
});
