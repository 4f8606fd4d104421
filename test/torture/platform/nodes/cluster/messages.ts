/** What the torture and the process of a node tell each other. */

/** How a node is started: JSON in the environment variable `NODE_SETTINGS`. */
export interface NodeSettings {
	readonly data: string;
	readonly storeUrl: string;
	readonly host: string;
	readonly identityFile: string;
	readonly staleAfterMs: number;
	readonly gateways: number;
	/** The address that functions may reach. */
	readonly collector: string;
	/** How far its clock is from this machine's. */
	readonly clockMs: number;
}

/** Sets the node's clock. */
export interface SetClock {
	readonly clockMs: number;
}

export interface NodeReady {
	/** Of the first node only. */
	readonly token: string | undefined;
}
