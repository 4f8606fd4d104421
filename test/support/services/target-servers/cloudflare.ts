/** Cloudflare's API, as far as it is about the secrets of a Worker. */
import type { RecordedRequest } from "./recorded.ts";
import { type Outcome, TargetServer } from "./server.ts";

interface Upload {
	readonly secrets: Readonly<Record<string, { readonly text: string } | null>>;
}

/** An answer that refuses a request. */
export function failed(status: number, code: number, message: string): Outcome {
	return { status, value: { success: false, errors: [{ code, message }], messages: [], result: null } };
}

function succeeded(result: unknown): Outcome {
	return { status: 200, value: { success: true, errors: [], messages: [], result } };
}

export class CloudflareServer extends TargetServer {
	readonly app = "0123456789abcdef0123456789abcdef/shop";
	/** The types of other bindings of the Worker, by name. */
	readonly bindings = new Map<string, string>();

	constructor() {
		super("cloudflare");
	}

	protected unauthorised(): Outcome {
		return failed(401, 1000, "Invalid API Token");
	}

	protected namesOf({ body }: RecordedRequest): string[] {
		return body === undefined ? [] : Object.keys((body as Upload).secrets);
	}

	protected answer({ body, path }: RecordedRequest): Outcome {
		const [account, worker] = this.app.split("/");
		const prefix = `/client/v4/accounts/${account}/workers/scripts/${worker}/`;
		if (!path.startsWith(prefix)) return failed(404, 10_007, "This Worker does not exist on your account.");
		const secrets = [...this.secrets.keys()].map((name) => ({ name, type: "secret_text" }));
		if (path === `${prefix}secrets`) return succeeded(secrets);
		if (path === `${prefix}settings`) {
			const others = [...this.bindings].map(([name, type]) => ({ name, type }));
			return succeeded({ bindings: [...others, ...secrets] });
		}
		return this.#change(body as Upload);
	}

	#change({ secrets }: Upload): Outcome {
		const entries = Object.entries(secrets);
		const taken = entries.find(([name]) => this.bindings.has(name));
		if (taken) return failed(400, 10_053, `Binding name '${taken[0]}' already in use.`);
		for (const [name, secret] of entries)
			if (secret === null) this.secrets.delete(name);
			else this.secrets.set(name, secret.text);
		return succeeded(null);
	}
}
