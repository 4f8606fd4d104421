/**
 * The lives of apps and functions. A name can be another's later; what is kept for an app or a function (files, logs,
 * access, keys) is kept for its life, which ends with its deletion. PURE but for the random id.
 */
import { lengthPrefixed } from "../../bytes.ts";
import { hash, randomBytes } from "../../crypto.ts";

const EARLIER_DOMAIN = "coffer/app-life/1";
const LIFE_BYTES = 16;

/** Which app it is. */
export interface AppLife {
	/** 32 hexadecimal digits, never those of another app on any platform. */
	readonly id: string;
	/** Whether it was made by a version that wrote no lives: its local secrets are sealed for its name. */
	readonly isEarlier: boolean;
}

/** Which function of which app it is. */
export interface FunctionLife {
	/** The app's life. */
	readonly app: string;
	/** Id of the deployment with which the function began. */
	readonly function: string;
}

/** The life of an app that is about to be created. */
export function newLife(): string {
	return Buffer.from(randomBytes(LIFE_BYTES)).toString("hex");
}

/**
 * The life of an app by the entry that created it.
 * @param revision the entry's position in the stream `platform`, where no other entry ever is
 */
export function lifeOf({ app, life }: { app: string; life?: string | undefined }, revision: number): AppLife {
	if (life !== undefined) return { id: life, isEarlier: false };
	const derived = hash(lengthPrefixed(EARLIER_DOMAIN, app, revision)).slice(0, LIFE_BYTES);
	return { id: Buffer.from(derived).toString("hex"), isEarlier: true };
}

/** A function's life as one text. */
export function lifeKey({ app, function: began }: FunctionLife): string {
	return `${app}/${began}`;
}

/** Whether both are one life. */
export function isSameLife(one: FunctionLife | undefined, other: FunctionLife | undefined): boolean {
	return one !== undefined && other !== undefined && lifeKey(one) === lifeKey(other);
}
