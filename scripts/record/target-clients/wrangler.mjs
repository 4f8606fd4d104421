/** Records what wrangler sends. CLOUDFLARE_API_BASE_URL names the server. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installed, Recorder } from "./recorder.mjs";

const VERSION = "4.164.0";
/** wrangler needs Node 22.12. */
const NODE = "22.23.3";
const ACCOUNT = "0123456789abcdef0123456789abcdef";
const TOKEN = "token-of-nobody";

function resultOf(path) {
	if (path.endsWith("/settings")) return { bindings: [{ name: "MODE", type: "plain_text", text: "x" }] };
	if (path.endsWith("/secrets")) return [{ name: "A", type: "secret_text" }];
	if (path.includes("/services/")) return { default_environment: { environment: "production", script: {} } };
	if (!path.endsWith("/deployments")) return {};
	const versions = [{ version_id: "v", percentage: 100 }];
	return { deployments: [{ id: "d", versions, source: "wrangler", created_on: "2026-01-01T00:00:00Z" }] };
}

/** A Worker with a binding for which wrangler must read which bindings there are. */
function writeWorker(folder) {
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "index.js"), "export default { fetch() {} };\n");
	const config = {
		name: "shop",
		main: "index.js",
		compatibility_date: "2026-01-01",
		kv_namespaces: [{ binding: "KV" }],
	};
	writeFileSync(join(folder, "wrangler.json"), JSON.stringify(config));
	writeFileSync(join(folder, "set.json"), JSON.stringify({ A: "one two", B: "2" }));
	writeFileSync(join(folder, "delete.json"), JSON.stringify({ A: null, B: null }));
}

export async function recordWrangler(folder) {
	const modules = installed(
		folder,
		`wrangler@${VERSION}`,
		`node-${process.platform}-${process.arch}@${NODE}`,
	);
	const node = join(modules, `node-${process.platform}-${process.arch}`, "bin/node");
	const answer = ({ url }) => {
		const result = resultOf(new URL(url, "http://localhost").pathname);
		return { status: 200, value: { success: true, errors: [], messages: [], result } };
	};
	const keeps = (path) => /\/workers\/scripts\/shop\/(secrets|secrets-bulk|settings)$/.test(path);
	const recorder = await new Recorder({ answer, keeps }).start();
	try {
		const cwd = join(folder, "worker");
		writeWorker(cwd);
		const env = {
			CLOUDFLARE_API_BASE_URL: `${recorder.origin}/client/v4`,
			CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
			CLOUDFLARE_API_TOKEN: TOKEN,
			WRANGLER_SEND_METRICS: "false",
		};
		const run = (argv, mayFail = false) =>
			recorder.run([node, join(modules, "wrangler/bin/wrangler.js"), ...argv], { cwd, env, mayFail });
		return {
			client: `wrangler ${VERSION} (npm)`,
			token: TOKEN,
			set: await run(["secret", "bulk", "set.json"]),
			list: await run(["secret", "list"]),
			delete: await run(["secret", "bulk", "delete.json"]),
			// It fails later, at the store that this server does not have.
			bindings: (await run(["deploy"], true)).filter(({ path }) => path.endsWith("/settings")),
		};
	} finally {
		recorder.stop();
	}
}
