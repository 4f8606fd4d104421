/**
 * Lifetimes of apps and functions.
 *
 * A deleted name can be used again. Files, logs, access and keys therefore belong to a lifetime, not to a name: they
 * end with the deletion, and a later app or function of the same name has none of them. Pure, apart from the random id.
 */
import { lengthPrefixed } from "../../bytes.ts";
import { hash, randomBytes } from "../../crypto.ts";

const EARLIER_DOMAIN = "coffer/app-life/1";
const LIFETIME_ID_BYTES = 16;

/** Identifies one app, whatever its name. */
export interface AppLifetime {
	/** 32 hexadecimal digits. No other app on any platform has the same id. */
	readonly id: string;
	/**
	 * Whether a version that did not write lifetimes created the app. The app's local secrets are then sealed
	 * for its name.
	 */
	readonly isEarlier: boolean;
}

/** Identifies one function of one app. */
export interface FunctionLifetime {
	/** Id of the app's lifetime. */
	readonly app: string;
	/** Id of the deployment that created the function. */
	readonly function: string;
}

/** A random id for an app that is about to be created. */
export function newAppLifetimeId(): string {
	return Buffer.from(randomBytes(LIFETIME_ID_BYTES)).toString("hex");
}

/**
 * The lifetime of an app, read from the event that created it.
 * @param revision the event's position in the stream `platform`. No other event ever has that position.
 */
export function appLifetime(
	{ app, life }: { app: string; life?: string | undefined },
	revision: number,
): AppLifetime {
	if (life !== undefined) return { id: life, isEarlier: false };
	const derived = hash(lengthPrefixed(EARLIER_DOMAIN, app, revision)).slice(0, LIFETIME_ID_BYTES);
	return { id: Buffer.from(derived).toString("hex"), isEarlier: true };
}

/** A function's lifetime as one text. */
export function lifetimeKey({ app, function: firstDeployment }: FunctionLifetime): string {
	return `${app}/${firstDeployment}`;
}

/** Whether both are the same lifetime. False if one is unknown. */
export function isSameLifetime(
	one: FunctionLifetime | undefined,
	other: FunctionLifetime | undefined,
): boolean {
	return one !== undefined && other !== undefined && lifetimeKey(one) === lifetimeKey(other);
}
