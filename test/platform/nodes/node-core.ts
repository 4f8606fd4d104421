/** One node in this process, without its listeners. */
import { createApi } from "../../../src/platform/api/api.ts";
import { NO_LOG } from "../../../src/platform/faults/log.ts";
import { type Clock, SYSTEM_CLOCK } from "../../../src/platform/machine/clock.ts";
import { openCore } from "../../../src/platform/open-core.ts";
import { OpenParts } from "../../../src/platform/open-parts.ts";
import type { Core } from "../../../src/platform/service/core.ts";
import { TestClient } from "../fixtures/client.ts";
import { sharedParts, testPlace } from "../fixtures/core.ts";
import { newTestIdentity, TestVault } from "../fixtures/vault.ts";

export interface NodeCore extends AsyncDisposable {
	readonly core: Core;
	readonly client: TestClient;
}

/** What the nodes of a platform share. */
export class SharedPlatform {
	readonly #storeUrl: string;
	readonly #identity = newTestIdentity();
	readonly vault = new TestVault().add(this.#identity, "reader", "platform");

	constructor(storeUrl: string) {
		this.#storeUrl = storeUrl;
	}

	/** Opens a node. It does not follow the others yet. */
	async open(clock: Clock = SYSTEM_CLOCK): Promise<NodeCore> {
		const place = testPlace();
		const opened = new OpenParts();
		opened.add(async () => place[Symbol.dispose]());
		const config = { ...place.config, storeUrl: this.#storeUrl };
		const parts = { identity: this.#identity, log: NO_LOG, clock, ...(await sharedParts(config)) };
		const { core } = await openCore(config, parts, opened, 0);
		const hosts = { bound: "127.0.0.1", names: [] };
		const api = createApi({ core, hosts, listenUrl: "http://127.0.0.1:8080" });
		const { token } = await core.tokens.create({ scopes: ["admin"] }, clock.now());
		const send = (path: string, init: RequestInit) => api(new Request(`http://127.0.0.1${path}`, init));
		return {
			core,
			client: new TestClient(async (path, init) => await send(path, init), token),
			[Symbol.asyncDispose]: () => opened.close(NO_LOG),
		};
	}
}
