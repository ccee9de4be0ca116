// The files of a text index of one part: two bytes each say how long its metadata, tokens and docs are; the rest is its
// postings. Opened, and read word by word.

#include "index/text/posting_list.h"
#include "index/text/text_files.h"
#include "input.h"

namespace squire {
namespace {

void ReadWord(const text::TextPart& part, const text::DocumentNorms& norms, size_t word) {
  const auto postings = part.Postings(word);
  if (!postings) return;
  const auto list = text::PostingList::Parse(*postings, norms);
  if (!list) return;
  (*list)->ForEachDocument([&](uint32_t document, uint32_t frequency) {
    fuzz::Require(document < part.num_documents() && frequency > 0, "a posting is of a document that is there");
  });
  if (!(*list)->has_positions()) return;
  for (uint32_t posting = 0; posting < (*list)->count(); posting++) {
    const text::Places places = (*list)->PlacesOf(posting);
    for (uint32_t i = 0; i < places.count; i++) fuzz::Require(places.Contain(places[i]), "a place is found again");
  }
}

}  // namespace
}  // namespace squire

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace squire;
  fuzz::Input input(data, size);
  MemoryFileSystem fs;
  fuzz::Require(fs.CreateFolders("/i").has_value(), "a folder is made");
  for (const std::string& name :
       {std::string(text::kMetadataFile), text::PartFileName(0, "tokens"), text::PartFileName(0, "docs")}) {
    const size_t length = input.TakeU16();
    fuzz::PutFile(fs, "/i/" + name, input.Take(length));
  }
  fuzz::PutFile(fs, "/i/" + text::PartFileName(0, "invert"), input.Rest());
  const auto files = std::make_shared<table::FileCache>(fs, 4);
  const auto metadata = text::ReadTextMetadata(*files, "/i");
  if (!metadata) return 0;
  const auto part = text::OpenPart(files, "/i", 0, *metadata);
  if (!part) return 0;
  const text::DocumentNorms norms((*part)->lengths(), 10);
  for (size_t word = 0; word < std::min<size_t>((*part)->num_words(), 64); word++) {
    fuzz::Require((*part)->Find((*part)->word(word)) == word, "a word is found by itself");
    ReadWord(**part, norms, word);
  }
  (void)(*part)->ReadPostings(0, std::min<size_t>((*part)->num_words(), 64));
  return 0;
}
