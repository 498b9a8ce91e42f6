import { Transform } from 'class-transformer';
import { registerDecorator } from 'class-validator';

/** What `--help`, docs/configuration.md and the reader of settings need to know of one. */
export interface SettingInfo {
  /** Environment variable, which is also the name of the property. */
  readonly name: string;
  /** Whether its value is a secret: no flag, never echoed, may come from the file that `NAME_FILE` names. */
  readonly secret: boolean;
  /** A flag without a value (`--receiver`) as well as with one (`--receiver=off`). */
  readonly toggle: boolean;
  /** What it does, with its unit; one sentence. */
  readonly help: string;
  /** What values are taken, to be read after "must be". */
  readonly allowed: string;
  /** Under which heading it is listed. */
  readonly group: string;
}

/** A kind of value: how it is read, what is taken, and how that is called. */
interface ValueKind {
  readonly allowed: string;
  readonly toggle?: boolean;
  /** The value of a text, or undefined (or, saying more, {@link Misread}) if it is not of this kind. */
  read(text: string): unknown;
}

const registry: SettingInfo[] = [];

/** All settings in the order of their declaration. */
export function settingInfos(): readonly SettingInfo[] {
  return registry;
}

/** The flag of a setting: `--late-deadline-ms` for LATE_DEADLINE_MS. */
export function flagOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Declares a property as a setting of a kind. One message for every way to be wrong. */
export function Setting(
  kind: ValueKind,
  group: string,
  help: string,
  options: { secret?: boolean } = {},
): PropertyDecorator {
  return (target, key) => {
    const name = String(key);
    registry.push({
      name,
      secret: options.secret ?? false,
      toggle: kind.toggle ?? false,
      help,
      allowed: kind.allowed,
      group,
    });
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (kind.read(value) ?? new Misread()) : value,
    )(target, key);
    registerDecorator({
      name: 'setting',
      target: target.constructor,
      propertyName: name,
      validator: {
        validate: (value: unknown) => !(value instanceof Misread),
        defaultMessage: (args) => {
          const { why } = args!.value as Misread;
          return `must be ${kind.allowed}${why && ` (${why})`}`;
        },
      },
    });
  };
}

/** Stands for a text that is not of its setting's kind. */
class Misread {
  /** @param why what is wrong with it, without any secret, where the kind alone would not tell */
  constructor(readonly why = '') {}
}

/** A whole number, decimal digits only (`0x10`, `1e3` and ` 12 ` are mistakes). */
export function wholeNumber(min: number, max: number, unit = ''): ValueKind {
  return {
    allowed: `a whole number${unit && ` of ${unit}`} from ${min} to ${max}`,
    read: (text) =>
      /^-?\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : undefined,
  };
}

/** on or off. */
export const toggle: ValueKind = {
  allowed: 'on or off',
  toggle: true,
  read: (text) => {
    if (/^(on|true|yes|1)$/i.test(text)) return true;
    return /^(off|false|no|0)$/i.test(text) ? false : undefined;
  },
};

/** One of a few words. */
export function oneOf(...words: readonly string[]): ValueKind {
  return { allowed: `one of ${words.join(', ')}`, read: (text) => (words.includes(text) ? text : undefined) };
}

/** A text that a function understands; where it does not, it may say why. */
export function textThat(allowed: string, isUnderstood: (text: string) => boolean | string): ValueKind {
  return {
    allowed,
    read: (text) => {
      const verdict = isUnderstood(text);
      return typeof verdict === 'string' ? new Misread(verdict) : verdict ? text : undefined;
    },
  };
}

/** A comma-separated list whose items a function understands. */
export function listOf(allowed: string, isUnderstood: (item: string) => boolean): ValueKind {
  return {
    allowed,
    read: (text) => {
      const items = text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
      return items.every(isUnderstood) ? items : undefined;
    },
  };
}
