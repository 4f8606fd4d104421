/** A constant load on all functions. Each response is checked. */
import * as requests from "./requests.mjs";

const WORKERS = 8;
/** The maximum time, in case that it is not stopped. */
const REQUESTS_MAX = 200_000;
const EMAIL = "grace@example.com";

/** One request for each function, with a check that accepts the responses with either of the two keys. */
function callsOf(secrets, keys, counts) {
	const token = requests.tokenSignedWith(keys.old, EMAIL);
	const parcel = "P-1";
	const isNewToken = ({ body }) => {
		const key = Object.keys(keys).find((name) => requests.isSignedWith(keys[name], body.token ?? ""));
		if (key !== undefined) counts[key]++;
		return key !== undefined;
	};
	return [
		[() => requests.event("payment.succeeded", secrets.WEBHOOK_SECRET), ({ status }) => status === 200],
		[() => requests.login(EMAIL), isNewToken],
		[() => requests.account(token), ({ body }) => body.email === EMAIL],
		[() => requests.order(EMAIL, "tea", 1), ({ status }) => status === 201],
		[
			() => requests.label("ups", parcel),
			({ body }) => requests.isLabelOf(secrets.CARRIER_UPS_KEY, parcel, body.label),
		],
		[() => requests.newCoupon(), ({ status }) => status === 201],
		[() => requests.prices("tea", "mug"), ({ body }) => body.cents === 2071],
	];
}

export class Load {
	sent = 0;
	answered = 0;
	/** The number of `login`'s tokens that were signed with the old key, and with the new one. */
	tokens = { old: 0, new: 0 };
	/** A message for each failed request. */
	failures = [];
	#calls;
	#send;
	#isStopped = false;
	#workers = [];
	#waiting = [];

	/**
	 * @param send the result of `sender`
	 * @param secrets the shop's secrets by name
	 * @param keys the keys of tokens before and after the change: `{old, new}`
	 * @param signal stops it too
	 */
	constructor({ send, secrets, keys, signal }) {
		this.#send = send;
		this.#calls = callsOf(secrets, keys, this.tokens);
		signal.addEventListener("abort", () => void this.stop());
	}

	start() {
		this.#workers = Array.from({ length: WORKERS }, (_, index) => this.#work(index));
	}

	/** Resolves after this many more responses, or when it was stopped. */
	more(count) {
		return new Promise((resolve) => this.#waiting.push({ at: this.answered + count, resolve }));
	}

	/** Stops sending, and resolves after the last response. */
	async stop() {
		this.#isStopped = true;
		await Promise.all(this.#workers);
		for (const { resolve } of this.#waiting) resolve();
	}

	async #work(first) {
		for (let turn = first; !this.#isStopped && this.sent < REQUESTS_MAX; turn++) {
			const [request, isRight] = this.#calls[turn % this.#calls.length];
			await this.#sendOne(request(), isRight);
			this.answered++;
			for (const { at, resolve } of this.#waiting) if (this.answered >= at) resolve();
		}
		for (const { resolve } of this.#waiting) resolve();
	}

	async #sendOne(request, isRight) {
		this.sent++;
		try {
			const answer = await this.#send(request);
			if (!isRight(answer)) this.failures.push(`${request.method} ${request.path}: status ${answer.status}`);
		} catch (error) {
			this.failures.push(`${request.method} ${request.path}: ${error.code ?? error.message}`);
		}
	}
}
