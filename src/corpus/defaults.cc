#include "corpus/defaults.h"

#include <algorithm>
#include <string>
#include <unordered_set>

namespace squire::corpus {
namespace {

using Names = std::unordered_set<std::string_view>;

/// The words of a list of literals, separated by spaces.
Names Words(std::string_view list) {
  Names out;
  while (!list.empty()) {
    const size_t space = std::min(list.find(' '), list.size());
    out.insert(list.substr(0, space));
    list.remove_prefix(std::min(space + 1, list.size()));
  }
  return out;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

/// "gz" of "a.tar.gz"; empty without a dot or for a leading dot alone.
std::string_view Extension(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view() : name.substr(dot + 1);
}

const Names& BuildFolders() {
  static const Names names = Words(
      "node_modules bower_components jspm_packages build dist target __pycache__ .venv venv .virtualenv .tox "
      ".nox .eggs .mypy_cache .pytest_cache .ruff_cache .hypothesis .ipynb_checkpoints __pypackages__ htmlcov "
      ".gradle .idea .vs .terraform .next .nuxt .svelte-kit .turbo .parcel-cache .cache .ccache .angular "
      ".dart_tool .bundle .direnv .yarn .pnpm-store .nyc_output .sass-cache .stack-work .serverless CMakeFiles "
      "DerivedData Pods _build .bloop .metals .zig-cache zig-out buck-out elm-stuff .Trash .Spotlight-V100 "
      ".fseventsd");
  return names;
}

const Names& BinaryExtensions() {
  static const Names names = Words(
      "exe dll so dylib a o obj lib pdb ilk class jar war ear pyc pyo pyd wasm rlib rmeta ko elf bin img iso dmg "
      "apk ipa aab dex msi deb rpm whl egg gem nupkg crate gch pch bc gcda gcno zip tar gz tgz bz2 tbz2 xz txz "
      "7z rar zst lz4 lzma br cab cpio snappy png jpg jpeg gif bmp ico icns webp avif heic tif tiff psd sketch "
      "xcf fig mp3 mp4 m4a m4v wav flac ogg oga ogv opus aac avi mov mkv webm wmv mid ttf otf woff woff2 eot "
      "blend fbx glb stl 3ds dds exr hdr ktx pdf doc docx xls xlsx ppt pptx odt ods odp epub mobi djvu eps db "
      "sqlite sqlite3 db-wal db-shm mdb parquet arrow feather avro orc lance npy npz pkl pickle h5 hdf5 rds "
      "rdata onnx pt pth ckpt safetensors gguf tflite pb tfrecord mmdb swp swo mo pcap dump");
  return names;
}

const Names& LockFiles() {
  static const Names names = Words(
      "package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb deno.lock Cargo.lock "
      "poetry.lock Pipfile.lock uv.lock pdm.lock pixi.lock conda-lock.yml composer.lock Gemfile.lock go.sum "
      "go.work.sum flake.lock mix.lock pubspec.lock Podfile.lock Package.resolved packages.lock.json "
      "gradle.lockfile .terraform.lock.hcl MODULE.bazel.lock Cartfile.resolved");
  return names;
}

const Names& SecretExtensions() {
  static const Names names =
      Words("pem key p12 pfx p8 jks keystore bks ppk kdbx kdb gpg pgp ovpn keytab tfstate htpasswd agekey pkcs12");
  return names;
}

const Names& SecretNames() {
  static const Names names = Words(
      ".npmrc .pypirc .netrc _netrc .pgpass .my.cnf .htpasswd .git-credentials .dockercfg .boto .s3cfg "
      ".vault-token credentials credentials.json client_secret.json secrets.json secrets.yml secrets.yaml "
      "secrets.toml service-account.json master.key terraform.tfvars .envrc kubeconfig");
  return names;
}

}  // namespace

bool IsVersionControlName(std::string_view name) {
  static const Names names = Words(".git .hg .svn .bzr .jj .sl _darcs .pijul CVS .squire");
  return names.contains(name);
}

bool IsSecretName(std::string_view raw, bool is_folder) {
  const std::string name = Lower(raw);
  if (is_folder) return name == ".ssh" || name == ".gnupg" || name == ".aws";
  if (name == ".env" || name == "env.local" || name.starts_with(".env.") || name.ends_with(".env")) {
    for (std::string_view sample : {".example", ".sample", ".template", ".dist"}) {
      if (name.ends_with(sample)) return false;
    }
    return true;
  }
  for (std::string_view kind : {"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"}) {
    if (name.starts_with(kind) && (name.size() == kind.size() || name[kind.size()] == '.' || name[kind.size()] == '_'))
      return !name.ends_with(".pub");
  }
  return SecretNames().contains(name) || SecretExtensions().contains(Extension(name));
}

SkipReason DefaultFolderSkip(std::string_view name) {
  const bool made = BuildFolders().contains(name) || name.ends_with(".egg-info") || name.ends_with(".dSYM") ||
                    name.starts_with("cmake-build-") || name.ends_with(".lance") || name.ends_with(".xcassets");
  return made ? SkipReason::kBuildOutput : SkipReason::kNone;
}

SkipReason DefaultFileSkip(std::string_view name) {
  if (LockFiles().contains(name)) return SkipReason::kLockFile;
  if (name == ".DS_Store") return SkipReason::kBinary;
  const std::string lower = Lower(name);
  if (BinaryExtensions().contains(Extension(lower))) return SkipReason::kBinary;
  for (std::string_view end :
       {".map", ".min.js", ".min.mjs", ".min.cjs", ".min.css", ".bundle.js", "-min.js", ".tsbuildinfo"}) {
    if (lower.ends_with(end)) return SkipReason::kGenerated;
  }
  const bool numbered_library = lower.find(".so.") != std::string::npos && lower.back() >= '0' && lower.back() <= '9';
  return numbered_library ? SkipReason::kBinary : SkipReason::kNone;
}

bool IsDataName(std::string_view name) {
  static const Names names = Words(
      "csv tsv psv json jsonl ndjson geojson log svg xml ipynb har sum patch diff out ndx fasta fa vcf po pot "
      "arff plist snap");
  return names.contains(Extension(Lower(name)));
}

}  // namespace squire::corpus
