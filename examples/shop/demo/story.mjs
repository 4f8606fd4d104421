/** The chapters of the demonstration. Each shows something and checks it. */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Pool } from "undici";
import { callEach } from "./calls.mjs";
import { Failure } from "./coffer.mjs";
import { Load } from "./load.mjs";
import * as requests from "./requests.mjs";
import { chapter, held, say, table, thousands } from "./screen.mjs";

const REQUESTS_AROUND = 1000;
const newSecret = () => randomBytes(24).toString("base64url");

/** @returns the platform's addresses and token */
export async function tell({ coffer, folder, identity, signal }) {
	const secrets = await writeEnvFile(folder);
	chapter("A vault for the shop");
	say(`  Identity: ${identity}`);
	say();
	await coffer.show("init");

	chapter("A platform, and the shop on it");
	const platform = await coffer.startPlatform();
	coffer.variables.COFFER_TOKEN = platform.token;
	say("  The access token is in COFFER_TOKEN from here on.");
	say();
	await coffer.show(`link ${platform.control} --app shop`);
	await coffer.show("secrets set --env-file .env");
	await coffer.show("functions deploy");
	await coffer.show("functions list");

	const pool = new Pool(platform.listen, { connections: 8, headersTimeout: 10_000 });
	try {
		const context = { coffer, folder, secrets, signal, send: requests.sender(pool, "/shop") };
		chapter("Every function is called");
		await callEach(context);
		await changeOne(context);
		await deleteOne(context);
	} finally {
		await pool.destroy();
	}
	return platform;
}

/** Fills `.env` from `.env.example` with random values, for the state before a rotation of the token's key. */
async function writeEnvFile(folder) {
	const example = await readFile(join(folder, "shop", ".env.example"), "utf8");
	const names = [...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name);
	const secrets = Object.fromEntries(names.map((name) => [name, newSecret()]));
	secrets.TOKEN_KEY_PREVIOUS = secrets.TOKEN_KEY;
	const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
	await writeFile(join(folder, "shop", ".env"), lines.join(""), { mode: 0o600 });
	return secrets;
}

async function changeOne(context) {
	const { coffer, folder, secrets } = context;
	chapter("One secret changes, under load");
	const keys = { old: secrets.TOKEN_KEY, new: newSecret() };
	await writeFile(join(folder, "shop", "new-token-key"), keys.new, { mode: 0o600 });
	const before = await coffer.functions();
	const load = new Load({ ...context, keys });
	load.start();
	let output;
	try {
		await load.more(REQUESTS_AROUND);
		output = await coffer.show("secrets set TOKEN_KEY --stdin", { input: "new-token-key" });
		await load.more(REQUESTS_AROUND);
	} finally {
		await load.stop();
	}
	secrets.TOKEN_KEY = keys.new;
	await compare(context, before, output, ["account", "login"]);

	const { sent, tokens, failures } = load;
	if (failures.length > 0) {
		throw new Failure(`${failures.length} of ${sent} requests failed, the first: ${failures[0]}`);
	}
	held(`${thousands(sent)} requests to all functions meanwhile, 0 failed`);
	held(
		`login made ${thousands(tokens.old)} tokens with the old key, then ${thousands(tokens.new)} with the new one`,
	);
	const fresh = await context.send(requests.login("ada@example.com"));
	expect(requests.isSignedWith(keys.new, fresh.body.token), "login signs with the new key");
	const early = requests.tokenSignedWith(secrets.TOKEN_KEY_PREVIOUS, "ada@example.com");
	await expectAccount(context, early, 200, "account accepts earlier tokens, because of TOKEN_KEY_PREVIOUS");
}

async function deleteOne(context) {
	const { coffer, secrets } = context;
	chapter("One secret is deleted");
	const before = await coffer.functions();
	const output = await coffer.show("secrets delete TOKEN_KEY_PREVIOUS");
	await compare(context, before, output, ["account"]);

	const early = requests.tokenSignedWith(secrets.TOKEN_KEY_PREVIOUS, "ada@example.com");
	const fresh = requests.tokenSignedWith(secrets.TOKEN_KEY, "ada@example.com");
	await expectAccount(context, early, 401, "account no longer has it, and refuses earlier tokens");
	await expectAccount(context, fresh, 200, "account accepts tokens of the new key");
}

/** Shows whether each process was replaced. @throws Failure if other functions than these were redeployed */
async function compare({ coffer }, before, output, expected) {
	const after = await coffer.functions();
	const changed = [];
	const rows = [...after.values()].map(({ name, pid, dynamic, references }) => {
		const reads = dynamic ? "any (dynamic)" : references.join(", ") || "none";
		const old = before.get(name)?.pid;
		if (old === pid) return [name, reads, `${pid}`, "kept"];
		changed.push(name);
		const [, ms] = new RegExp(`${name} redeployed in (\\d+) ms`).exec(output) ?? [];
		if (ms === undefined) throw new Failure(`${name} has a new process, and nothing was said of it.`);
		return [name, reads, `${old} → ${pid}`, `redeployed in ${ms} ms`];
	});
	table(["function", "reads", "process", ""], rows);
	if (changed.sort().join() !== expected.join()) {
		throw new Failure(`Redeployed: ${changed.join(", ") || "none"}. Expected: ${expected.join(", ")}.`);
	}
	held(`${changed.join(", ")} redeployed; ${after.size - changed.length} functions kept their process`);
}

async function expectAccount({ send }, token, status, text) {
	const answer = await send(requests.account(token));
	expect(answer.status === status, text);
}

function expect(isSo, text) {
	if (!isSo) throw new Failure(`Expected: ${text}.`);
	held(text);
}
