/** An instance as a gateway process sees it: the process itself belongs to the data plane. */
import { Probation } from "../../runtime/probation.ts";
import type { ServingInstance } from "../../runtime/runtime.ts";
import type { RoutedInstance } from "../routes.ts";
import type { FromGateway } from "./worker-messages.ts";

export interface InstancePort {
	readonly send: (message: FromGateway) => void;
	/** Reports each read of an instance. Resolves when that is done, and never rejects. */
	readonly settle: (instance: string) => Promise<void>;
	/** Called when the number of requests has changed. */
	readonly onActivity: (instance: LiveInstance) => void;
}

export class LiveInstance implements ServingInstance {
	readonly id: string;
	readonly deployment: string;
	readonly socketPath: string;
	readonly exited: Promise<void>;
	readonly #port: InstancePort;
	#probation: Probation | undefined;
	#inFlight = 0;
	#isAccepting = true;
	#isRetired = false;
	/** Whether the data plane has to learn of the next response. */
	#isUnanswered: boolean;
	#gone = () => {};

	constructor({ deployment, id, isOnProbation, socketPath }: RoutedInstance, port: InstancePort) {
		this.id = id;
		this.deployment = deployment;
		this.socketPath = socketPath;
		this.#port = port;
		this.#isUnanswered = isOnProbation;
		if (isOnProbation) this.#probation = new Probation(() => port.settle(id));
		this.exited = new Promise((resolve) => {
			this.#gone = resolve;
		});
	}

	get inFlight(): number {
		return this.#inFlight;
	}

	get probation(): Probation | undefined {
		return this.#probation;
	}

	acquire(): (() => void) | undefined {
		if (!this.#isAccepting) return undefined;
		this.#inFlight++;
		this.#port.onActivity(this);
		let isCounted = true;
		return () => {
			if (!isCounted) return;
			isCounted = false;
			this.#inFlight--;
			this.#port.onActivity(this);
			this.#reportDrained();
		};
	}

	answered(): void {
		this.#probation = undefined;
		if (!this.#isUnanswered) return;
		this.#isUnanswered = false;
		this.#port.send({ type: "answered", instance: this.id });
	}

	timedOut(): void {
		// The next response ends the row of requests without one.
		this.#isUnanswered = true;
		this.#port.send({ type: "timedOut", instance: this.id });
	}

	/** The control plane redacts the text, because only it has the values of secrets. */
	redact(text: string): string {
		return text;
	}

	/** Gives the instance no further request. */
	retire(): void {
		this.#isAccepting = false;
		this.#isRetired = true;
		this.#reportDrained();
	}

	/** The process has ended. */
	gone(): void {
		this.#isAccepting = false;
		this.#gone();
	}

	#reportDrained(): void {
		if (this.#isRetired && this.#inFlight === 0) this.#port.send({ type: "drained", instance: this.id });
	}
}
