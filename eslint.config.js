import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const nodeGlobals = Object.fromEntries(
  [
    'process',
    'URL',
    'console',
    'performance',
    'setTimeout',
    'clearTimeout',
    'fetch',
    'Buffer',
    'TextEncoder',
    'TextDecoder',
    'AbortSignal',
    'gc',
  ].map((name) => [name, 'readonly']),
);

export default defineConfig(
  globalIgnores(['dist', 'coverage', '.cache', 'src/parsing/wasm/assembly', '**/*.d.mts']),
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: { '@typescript-eslint/no-extraneous-class': 'off' },
  },
  // Scripts are plain JavaScript: linted, without types.
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: nodeGlobals },
  },
  prettier,
);
