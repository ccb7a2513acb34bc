import tseslint from 'typescript-eslint'
import noUntrustedKeys from './eslint-rules/no-untrusted-keys.js'

/** Time is a port: only clock.ts may ask the system for it (docs/decisions/0002-time-is-a-port.md). */
const TIME = [
  ['setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
    name,
    message: 'Take time from the Clock.',
  })),
  [
    { object: 'Date', property: 'now', message: 'Take time from the Clock.' },
    { object: 'performance', property: 'now', message: 'Take time from the Clock.' },
    { object: 'AbortSignal', property: 'timeout', message: 'Take time from the Clock.' },
  ],
]

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      'node_modules/',
      'reports/',
      'drivers/**/node_modules/',
      'mock-hub/core/query/generated-parser.ts',
      '**/*.js',
      '**/*.cjs',
      '**/*.mjs',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/unified-signatures': 'off',
      // `{ left, out, ...rest }` is how a field is left out.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-globals': ['error', ...TIME[0]],
      'no-restricted-properties': ['error', ...TIME[1]],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Take time from the Clock.',
        },
      ],
    },
  },
  {
    files: ['mock-hub/**/*.ts', 'reference-client/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**'],
    plugins: { local: { rules: { 'no-untrusted-keys': noUntrustedKeys } } },
    rules: { 'local/no-untrusted-keys': 'error' },
  },
  {
    files: ['**/clock.ts', '**/clock.test.ts', 'bench/**', 'drivers/**', 'scripts/**'],
    rules: {
      'no-restricted-globals': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': 'off',
    },
  },
  {
    files: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
    },
  },
)
